/* SPDX-License-Identifier: Apache-2.0 */
/* understudy-vf: libusvf as a command. See understudy-vf(8). */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "rights.h"
#include "show.h"
#include "usvf.h"

static const char usage[] =
    "understudy-vf: the SR-IOV virtual functions (VFs) of this machine\n"
    "\n"
    "Usage: understudy-vf COMMAND [ARGUMENTS] [--json]\n"
    "\n"
    "  list                       every PF and VF\n"
    "  show VF                    one VF\n"
    "  lease VF --owner WHO [--ttl SECONDS]\n"
    "                             take a free VF; prints the number that the commands below want\n"
    "  configure VF HOLDER [--mac MAC] [--vlan N] [--qos N] [--trust on|off] [--spoofchk on|off]\n"
    "            [--link-state auto|enable|disable] [--min-rate MBIT] [--max-rate MBIT]\n"
    "                             set these values through the PF and read them back\n"
    "  bind VF HOLDER [--user NAME]\n"
    "                             bind to vfio-pci; NAME gets the IOMMU group's device\n"
    "  unbind VF HOLDER           bind to its original driver again\n"
    "  detour VF HOLDER on|off    lead frames for its MAC to the bridge above the PF too, while a guest is without it\n"
    "  release VF HOLDER          restore all that was before, and end the lease\n"
    "  restore [VF]               restore without a lease: this VF, or all whose lease has expired\n"
    "  create PF COUNT            give a PF another number of VFs, if all it has are free\n"
    "  restore PF                 give it the number of before\n"
    "  fdb list DEV\n"
    "  fdb add|delete DEV MAC [--vlan N] [--self]\n"
    "  fdb restore DEV\n"
    "                             entries of a bridge port, or with --self of the device's own filter\n"
    "  watch                      print a line for each change of a function or netdev, until stopped\n"
    "\n"
    "VF is a PCI address such as 0000:01:10.0. HOLDER is --owner WHO --fencing NUMBER, as the lease has them.\n"
    "\n"
    "Exit status: 0 done, 2 wrong call, 3 no such function, 4 refused, 5 failed, 6 not permitted.\n";

struct call {
    struct usvf_roots roots;
    struct usvf_settings settings;
    struct usvf_holder holder;
    struct usvf_fdb_entry entry;
    int64_t ttl, user, group;
    bool json;
    int count;
    char **arguments; /* the first is the command */
    struct usvf_error error;
};

static int wrong(struct call *call, const char *text) {
    call->error.code = USVF_BAD_ARGUMENT;
    snprintf(call->error.message, sizeof call->error.message, "%s; understudy-vf --help tells how it is called", text);
    return USVF_BAD_ARGUMENT;
}

static bool number(const char *text, int64_t most, int64_t *value) {
    char *end;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *value = parsed;
    return *text >= '0' && *text <= '9' && !*end && !errno && parsed <= most;
}

static bool mac(const char *text, uint8_t bytes[6]) {
    unsigned parts[6];
    int length = 0;
    /* sscanf takes signs and blanks for part of a number. */
    if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4], &parts[5], &length) !=
            6 ||
        length != 17)
        return false;
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)parts[i];
    return true;
}

static const char *const switches[] = {"off", "on", NULL};

static bool word(const char *text, const char *const words[], int *value) {
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0) {
            *value = i;
            return true;
        }
    return false;
}

static bool user(const char *name, struct call *call) {
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
    /* For tests: other places than those of this machine; not for whoever has lent rights. */
    {"sysfs", required_argument, NULL, OPTION_SYSFS},
    {"dev", required_argument, NULL, OPTION_DEV},
    {"state", required_argument, NULL, OPTION_STATE},
    {"links", required_argument, NULL, OPTION_LINKS},
    {"run", required_argument, NULL, OPTION_RUN},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static bool place(struct call *call, int option, const char *path) {
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

static bool setting(struct call *call, int option, const char *text) {
    static const char *const states[] = {"auto", "enable", "disable", NULL};
    struct usvf_settings *settings = &call->settings;
    int64_t value = 0;
    switch (option) {
    case OPTION_MAC:
        settings->has_mac = mac(text, settings->mac);
        return settings->has_mac;
    case OPTION_VLAN:
        if (!number(text, 4094, &value))
            return false;
        settings->vlan = call->entry.vlan = (int)value;
        return true;
    case OPTION_QOS:
        if (!number(text, 7, &value))
            return false;
        settings->qos = (int)value;
        return true;
    case OPTION_TRUST:
        return word(text, switches, &settings->trust);
    case OPTION_SPOOFCHK:
        return word(text, switches, &settings->spoofchk);
    case OPTION_LINK_STATE:
        return word(text, states, &settings->link_state);
    case OPTION_MIN_RATE:
        return number(text, INT32_MAX, &settings->min_rate);
    default:
        return number(text, INT32_MAX, &settings->max_rate);
    }
}

static bool take_option(struct call *call, int option, const char *text) {
    int64_t value = 0;
    switch (option) {
    case OPTION_JSON:
        call->json = true;
        return true;
    case OPTION_SELF:
        call->entry.self = true;
        return true;
    case OPTION_OWNER:
        call->holder.owner = text;
        return true;
    case OPTION_FENCING:
        if (!number(text, INT64_MAX, &value))
            return false;
        call->holder.fencing = (uint64_t)value;
        return true;
    case OPTION_TTL:
        return number(text, INT32_MAX, &call->ttl);
    case OPTION_USER:
        return user(text, call);
    case OPTION_SYSFS:
    case OPTION_DEV:
    case OPTION_STATE:
    case OPTION_LINKS:
    case OPTION_RUN:
        return place(call, option, text);
    default:
        return setting(call, option, text);
    }
}

/* -1: go on; else the exit status. */
static int read_call(struct call *call, int count, char **arguments) {
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
        if (option == '?' || !take_option(call, option, optarg)) {
            char text[128];
            snprintf(text, sizeof text, "'%.80s' cannot be taken here", option == '?' ? arguments[optind - 1] : optarg);
            return wrong(call, text);
        }
    }
    call->arguments = arguments + optind;
    call->count = count - optind;
    return call->count <= 0 ? wrong(call, "no command was given") : -1;
}

static int list(struct call *call) {
    struct usvf_inventory *inventory;
    int result = usvf_inventory_read(&call->roots, &inventory, &call->error);
    if (result == USVF_OK) {
        show_inventory(inventory, call->json);
        usvf_inventory_free(inventory);
    }
    return result;
}

static int show(struct call *call, struct usvf_address vf) {
    struct usvf_inventory *inventory;
    int result = usvf_inventory_read(&call->roots, &inventory, &call->error);
    if (result != USVF_OK)
        return result;
    const struct usvf_pf *pf;
    const struct usvf_vf *found = usvf_inventory_find(inventory, vf, &pf);
    if (found) {
        show_vf(pf, found, call->json);
    } else {
        call->error.code = USVF_NOT_FOUND;
        snprintf(call->error.message, sizeof call->error.message, "%s is no VF of this machine", call->arguments[1]);
        result = USVF_NOT_FOUND;
    }
    usvf_inventory_free(inventory);
    return result;
}

static int lease(struct call *call, struct usvf_address vf) {
    struct usvf_lease lease;
    if (!call->holder.owner)
        return wrong(call, "lease wants --owner");
    int result = usvf_lease_take(&call->roots, vf, call->holder.owner, call->ttl, &lease, &call->error);
    if (result == USVF_OK)
        show_lease(vf, &lease, call->json);
    return result;
}

/* Commands that want the lease, and then show the VF. */
static int change(struct call *call, struct usvf_address vf) {
    const char *verb = call->arguments[0];
    if (!call->holder.owner || !call->holder.fencing)
        return wrong(call, "this command wants --owner and --fencing, as the lease has them");
    int result;
    if (strcmp(verb, "configure") == 0)
        result = usvf_configure(&call->roots, vf, call->holder, &call->settings, &call->error);
    else if (strcmp(verb, "bind") == 0)
        result = usvf_bind(&call->roots, vf, call->holder, call->user, call->group, &call->error);
    else if (strcmp(verb, "unbind") == 0)
        result = usvf_unbind(&call->roots, vf, call->holder, &call->error);
    else if (strcmp(verb, "detour") == 0)
        result = usvf_forwarding(&call->roots, vf, call->holder, strcmp(call->arguments[2], "on") == 0, &call->error);
    else
        result = usvf_release(&call->roots, vf, call->holder, &call->error);
    return result == USVF_OK ? show(call, vf) : result;
}

static int show_restored(struct call *call, unsigned restored, const char *what) {
    if (call->json) {
        json_open(NULL, '{');
        json_number("restored", restored);
        json_close('}');
        json_end();
    } else {
        printf("%u %s restored\n", restored, what);
    }
    return USVF_OK;
}

static int restore_stale(struct call *call) {
    unsigned restored;
    int result = usvf_restore_stale(&call->roots, &restored, &call->error);
    return result == USVF_OK ? show_restored(call, restored, "VFs") : result;
}

static int create(struct call *call) {
    struct usvf_address pf;
    int64_t count;
    if (!usvf_address_parse(call->arguments[1], &pf) || !number(call->arguments[2], UINT16_MAX, &count))
        return wrong(call, "create wants the PCI address of a PF and a number of VFs");
    int result = usvf_create(&call->roots, pf, (unsigned)count, &call->error);
    return result == USVF_OK ? list(call) : result;
}

static int restore(struct call *call, struct usvf_address function) {
    int result = usvf_restore(&call->roots, function, &call->error);
    if (result != USVF_OK)
        return result;
    result = show(call, function);
    return result == USVF_NOT_FOUND ? list(call) : result; /* it is a PF */
}

static int fdb(struct call *call) {
    const char *verb = call->count > 2 ? call->arguments[1] : "";
    if (call->count > 2 && strlen(call->arguments[2]) >= sizeof call->entry.netdev)
        return wrong(call, "the name of a netdev has 15 characters at most");
    if (call->count > 2)
        strcpy(call->entry.netdev, call->arguments[2]);
    if (call->count == 3 && strcmp(verb, "list") == 0) {
        if (call->json)
            json_open(NULL, '[');
        int result = usvf_fdb_visit(call->entry.netdev, show_fdb_entry, &call->json, &call->error);
        if (call->json) {
            json_close(']');
            json_end();
        }
        return result;
    }
    if (call->count == 3 && strcmp(verb, "restore") == 0) {
        unsigned restored;
        int result = usvf_fdb_restore(&call->roots, call->entry.netdev, &restored, &call->error);
        return result == USVF_OK ? show_restored(call, restored, "forwarding entries") : result;
    }
    if (call->count != 4 || !mac(call->arguments[3], call->entry.mac))
        return wrong(call, "fdb wants list or restore with DEV, or add or delete with DEV and MAC");
    bool there = strcmp(verb, "add") == 0;
    int result = there || strcmp(verb, "delete") == 0 ? usvf_fdb_set(&call->roots, &call->entry, there, &call->error)
                                                      : wrong(call, "fdb knows list, add, delete and restore");
    if (result == USVF_OK) {
        show_fdb_entry(&call->entry, &call->json);
        if (call->json)
            json_end();
    }
    return result;
}

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static int watch(struct call *call) {
    struct pollfd files[3] = {{.events = POLLIN}, {.events = POLLIN}, {.fd = STDOUT_FILENO}};
    int result = usvf_watch_open(&files[0].fd, &files[1].fd, &call->error);
    if (result != USVF_OK)
        return result;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* The reader of a pipe that has gone must not leave us behind. */
    while (!stopped && !ferror(stdout) && poll(files, 3, -1) >= 0 && !(files[2].revents & (POLLERR | POLLHUP)))
        for (struct usvf_event event; !stopped && usvf_watch_next(files[0].fd, files[1].fd, &event);)
            show_event(&event, call->json);
    close(files[0].fd);
    close(files[1].fd);
    return USVF_OK;
}

static int run(struct call *call) {
    static const char *const changes[] = {"configure", "bind", "unbind", "release", NULL};
    const char *verb = call->arguments[0];
    int which;
    struct usvf_address vf;
    if (call->count == 1) {
        if (strcmp(verb, "list") == 0)
            return list(call);
        if (strcmp(verb, "watch") == 0)
            return watch(call);
        if (strcmp(verb, "restore") == 0)
            return restore_stale(call);
    }
    if (strcmp(verb, "fdb") == 0)
        return fdb(call);
    if (strcmp(verb, "create") == 0 && call->count == 3)
        return create(call);
    if (strcmp(verb, "detour") == 0) {
        bool sound = call->count == 3 && word(call->arguments[2], switches, &which) && usvf_address_parse(call->arguments[1], &vf);
        return sound ? change(call, vf) : wrong(call, "detour wants the PCI address of a VF, and on or off");
    }
    if (call->count != 2)
        return wrong(call, "unknown command, or a wrong number of arguments");
    if (!usvf_address_parse(call->arguments[1], &vf))
        return wrong(call, "a VF is a PCI address such as 0000:01:10.0");
    if (strcmp(verb, "show") == 0)
        return show(call, vf);
    if (strcmp(verb, "lease") == 0)
        return lease(call, vf);
    if (strcmp(verb, "restore") == 0)
        return restore(call, vf);
    return word(verb, changes, &which) ? change(call, vf) : wrong(call, "unknown command");
}

int main(int count, char **arguments) {
    static struct call call = {.user = -1,
        .group = -1,
        .settings = {.vlan = USVF_UNKNOWN,
            .qos = USVF_UNKNOWN,
            .trust = USVF_UNKNOWN,
            .spoofchk = USVF_UNKNOWN,
            .link_state = USVF_UNKNOWN,
            .min_rate = USVF_UNKNOWN,
            .max_rate = USVF_UNKNOWN}};
    int result = read_call(&call, count, arguments);
    if (result < 0)
        result = rights_reduce(call.arguments, call.count, &call.error);
    if (result <= 0 && call.arguments)
        result = run(&call);
    if (result > 0)
        show_error(&call.error, call.json);
    return fflush(stdout) == 0 ? result : USVF_FAILED;
}
