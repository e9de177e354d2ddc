/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "call.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rights.h"

static const char usage[] =
    "understudy-vf: the SR-IOV virtual functions (VFs) of this machine\n"
    "\n"
    "Usage: understudy-vf COMMAND [ARGUMENTS] [--json]\n"
    "\n"
    "  list                       show every PF and VF\n"
    "  show VF                    show one VF\n"
    "  lease VF --owner OWNER [--ttl SECONDS] [--adopt]\n"
    "                             lease a free VF; prints the fencing number that the commands below need.\n"
    "                             With --adopt also one that is bound to vfio-pci and that no program has open\n"
    "  configure VF HOLDER [--mac MAC] [--vlan N] [--qos N] [--trust on|off] [--spoofchk on|off]\n"
    "            [--link-state auto|enable|disable] [--min-rate MBIT] [--max-rate MBIT] [--defaults]\n"
    "                             set these values through the PF and read them back; with --defaults\n"
    "                             all others to those of a new VF\n"
    "  bind VF HOLDER [--user NAME]\n"
    "                             bind to vfio-pci; NAME becomes the owner of the IOMMU group's device\n"
    "  unbind VF HOLDER           bind to the original driver again\n"
    "  forwarding VF HOLDER on|off\n"
    "                             pass frames for the MAC of the VF to the bridge above its PF too, while no guest uses the VF\n"
    "  release VF HOLDER          restore the VF and end the lease\n"
    "  restore [VF]               restore without a lease: this VF, or each one whose lease has expired\n"
    "  create PF COUNT            set the number of VFs of a PF, if all its VFs are free\n"
    "  restore PF                 restore the original number of VFs\n"
    "  fdb list DEV\n"
    "  fdb add|delete DEV MAC [--vlan N] [--self]\n"
    "  fdb restore DEV\n"
    "                             forwarding entries of a bridge port, or with --self of the filter of the device\n"
    "  watch                      print a line for each change of a function, netdev or lease, until interrupted\n"
    "\n"
    "VF is a PCI address such as 0000:01:10.0. HOLDER is --owner OWNER --fencing NUMBER, as printed by lease.\n"
    "\n"
    "Exit status: 0 done, 2 wrong usage, 3 not found, 4 refused, 5 failed, 6 not permitted.\n";

int usage_error(struct call *call, const char *text) {
    call->error.code = USVF_BAD_ARGUMENT;
    snprintf(call->error.message, sizeof call->error.message, "%s; run understudy-vf --help for usage", text);
    return USVF_BAD_ARGUMENT;
}

bool read_number(const char *text, int64_t most, int64_t *value) {
    char *end;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *value = parsed;
    return *text >= '0' && *text <= '9' && !*end && !errno && parsed <= most;
}

bool read_mac(const char *text, uint8_t bytes[6]) {
    unsigned parts[6];
    int length = 0;
    /* sscanf accepts signs and blanks as part of a number. */
    if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4], &parts[5], &length) !=
            6 ||
        length != 17)
        return false;
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)parts[i];
    return true;
}

const char *const switches[] = {"off", "on", NULL};

bool read_word(const char *text, const char *const words[], int *value) {
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static bool read_user(const char *name, struct call *call) {
    const struct passwd *entry = getpwnam(name);
    if (!entry)
        return false;
    call->user = entry->pw_uid;
    call->group = entry->pw_gid;
    return true;
}

enum {
    OPTION_JSON = 256,
    OPTION_OWNER,
    OPTION_FENCING,
    OPTION_TTL,
    OPTION_MAC,
    OPTION_VLAN,
    OPTION_QOS,
    OPTION_TRUST,
    OPTION_SPOOFCHK,
    OPTION_LINK_STATE,
    OPTION_MIN_RATE,
    OPTION_MAX_RATE,
    OPTION_USER,
    OPTION_SELF,
    OPTION_ADOPT,
    OPTION_DEFAULTS,
    OPTION_SYSFS,
    OPTION_DEV,
    OPTION_STATE,
    OPTION_LINKS,
    OPTION_RUN,
};

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"owner", required_argument, NULL, OPTION_OWNER},
    {"fencing", required_argument, NULL, OPTION_FENCING},
    {"ttl", required_argument, NULL, OPTION_TTL},
    {"mac", required_argument, NULL, OPTION_MAC},
    {"vlan", required_argument, NULL, OPTION_VLAN},
    {"qos", required_argument, NULL, OPTION_QOS},
    {"trust", required_argument, NULL, OPTION_TRUST},
    {"spoofchk", required_argument, NULL, OPTION_SPOOFCHK},
    {"link-state", required_argument, NULL, OPTION_LINK_STATE},
    {"min-rate", required_argument, NULL, OPTION_MIN_RATE},
    {"max-rate", required_argument, NULL, OPTION_MAX_RATE},
    {"user", required_argument, NULL, OPTION_USER},
    {"self", no_argument, NULL, OPTION_SELF},
    {"adopt", no_argument, NULL, OPTION_ADOPT},
    {"defaults", no_argument, NULL, OPTION_DEFAULTS},
    /* For tests: other paths than those of this machine; rejected if the caller has fewer privileges. */
    {"sysfs", required_argument, NULL, OPTION_SYSFS},
    {"dev", required_argument, NULL, OPTION_DEV},
    {"state", required_argument, NULL, OPTION_STATE},
    {"links", required_argument, NULL, OPTION_LINKS},
    {"run", required_argument, NULL, OPTION_RUN},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static bool set_root(struct call *call, int option, const char *path) {
    if (rights_are_elevated())
        return false;
    const char **root = option == OPTION_SYSFS ? &call->roots.sysfs
        : option == OPTION_DEV                 ? &call->roots.dev
        : option == OPTION_STATE               ? &call->roots.state
        : option == OPTION_RUN                 ? &call->roots.run
                                               : &call->roots.links;
    *root = path;
    return true;
}

static bool read_setting(struct call *call, int option, const char *text) {
    static const char *const states[] = {"auto", "enable", "disable", NULL};
    struct usvf_settings *settings = &call->settings;
    int64_t value = 0;
    switch (option) {
    case OPTION_MAC:
        settings->has_mac = read_mac(text, settings->mac);
        return settings->has_mac;
    case OPTION_VLAN:
        if (!read_number(text, 4094, &value))
            return false;
        settings->vlan = call->entry.vlan = (int)value;
        return true;
    case OPTION_QOS:
        if (!read_number(text, 7, &value))
            return false;
        settings->qos = (int)value;
        return true;
    case OPTION_TRUST:
        return read_word(text, switches, &settings->trust);
    case OPTION_SPOOFCHK:
        return read_word(text, switches, &settings->spoofchk);
    case OPTION_LINK_STATE:
        return read_word(text, states, &settings->link_state);
    case OPTION_MIN_RATE:
        return read_number(text, INT32_MAX, &settings->min_rate);
    default:
        return read_number(text, INT32_MAX, &settings->max_rate);
    }
}

static bool read_option(struct call *call, int option, const char *text) {
    int64_t value = 0;
    switch (option) {
    case OPTION_JSON:
        call->json = true;
        return true;
    case OPTION_SELF:
        call->entry.self = true;
        return true;
    case OPTION_ADOPT:
        call->adopt = true;
        return true;
    case OPTION_DEFAULTS:
        call->defaults = true;
        return true;
    case OPTION_OWNER:
        call->holder.owner = text;
        return true;
    case OPTION_FENCING:
        if (!read_number(text, INT64_MAX, &value))
            return false;
        call->holder.fencing = (uint64_t)value;
        return true;
    case OPTION_TTL:
        return read_number(text, INT32_MAX, &call->ttl);
    case OPTION_USER:
        return read_user(text, call);
    case OPTION_SYSFS:
    case OPTION_DEV:
    case OPTION_STATE:
    case OPTION_LINKS:
    case OPTION_RUN:
        return set_root(call, option, text);
    default:
        return read_setting(call, option, text);
    }
}

int read_call(struct call *call, int count, char **arguments) {
    int option, index = 0;
    opterr = 0;
    while ((option = getopt_long(count, arguments, "hV", options, &index)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (option == 'V') {
            puts("understudy-vf " USVF_VERSION);
            return 0;
        }
        if (option == '?' || !read_option(call, option, optarg)) {
            char text[128];
            snprintf(text, sizeof text, "'%.80s' is not a valid option or value here", option == '?' ? arguments[optind - 1] : optarg);
            return usage_error(call, text);
        }
    }
    call->arguments = arguments + optind;
    call->count = count - optind;
    if (call->count <= 0)
        return usage_error(call, "the command is missing");
    static char forwarding[] = "forwarding";
    if (strcmp(call->arguments[0], "detour") == 0) /* its former name */
        call->arguments[0] = forwarding;
    return -1;
}
