/* SPDX-License-Identifier: Apache-2.0 */
/* understudy-vf: libusvf as a command. See understudy-vf(8). */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "json.h"
#include "rights.h"
#include "show.h"

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
        snprintf(call->error.message, sizeof call->error.message, "%s is not a VF of this machine", call->arguments[1]);
        result = USVF_NOT_FOUND;
    }
    usvf_inventory_free(inventory);
    return result;
}

static int lease(struct call *call, struct usvf_address vf) {
    struct usvf_lease lease;
    if (!call->holder.owner)
        return usage_error(call, "lease requires --owner");
    int result = call->adopt ? usvf_lease_adopt(&call->roots, vf, call->holder.owner, call->ttl, &lease, &call->error)
                             : usvf_lease_take(&call->roots, vf, call->holder.owner, call->ttl, &lease, &call->error);
    if (result == USVF_OK)
        show_lease(vf, &lease, call->json);
    return result;
}

/* Commands that need the lease. They show the VF afterwards. */
static int change(struct call *call, struct usvf_address vf) {
    const char *verb = call->arguments[0];
    if (!call->holder.owner || !call->holder.fencing)
        return usage_error(call, "the command requires --owner and --fencing of the lease");
    int result;
    if (strcmp(verb, "configure") == 0)
        result = call->defaults ? usvf_set_up(&call->roots, vf, call->holder, &call->settings, &call->error)
                                : usvf_configure(&call->roots, vf, call->holder, &call->settings, &call->error);
    else if (strcmp(verb, "bind") == 0)
        result = usvf_bind(&call->roots, vf, call->holder, call->user, call->group, &call->error);
    else if (strcmp(verb, "unbind") == 0)
        result = usvf_unbind(&call->roots, vf, call->holder, &call->error);
    else if (strcmp(verb, "forwarding") == 0)
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
    if (!usvf_address_parse(call->arguments[1], &pf) || !read_number(call->arguments[2], UINT16_MAX, &count))
        return usage_error(call, "create requires the PCI address of a PF and a number of VFs");
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
        return usage_error(call, "the name of a netdev must not exceed 15 characters");
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
    if (call->count != 4 || !read_mac(call->arguments[3], call->entry.mac))
        return usage_error(call, "fdb requires list or restore with DEV, or add or delete with DEV and MAC");
    bool there = strcmp(verb, "add") == 0;
    int result = there || strcmp(verb, "delete") == 0 ? usvf_fdb_set(&call->roots, &call->entry, there, &call->error)
                                                      : usage_error(call, "fdb has the commands list, add, delete and restore");
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

static int watch_changes(struct call *call) {
    struct usvf_watch watch;
    int result = usvf_watch_open(&call->roots, &watch, &call->error);
    if (result != USVF_OK)
        return result;
    struct pollfd files[] = {{.fd = watch.kobjects, .events = POLLIN}, {.fd = watch.links, .events = POLLIN},
        {.fd = watch.records, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* If the reader of a pipe has exited, this program exits too. */
    while (!stopped && !ferror(stdout) && poll(files, 4, -1) >= 0 && !(files[3].revents & (POLLERR | POLLHUP)))
        for (struct usvf_event event; !stopped && usvf_watch_next(&watch, &event);)
            show_event(&event, call->json);
    usvf_watch_close(&watch);
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
            return watch_changes(call);
        if (strcmp(verb, "restore") == 0)
            return restore_stale(call);
    }
    if (strcmp(verb, "fdb") == 0)
        return fdb(call);
    if (strcmp(verb, "create") == 0 && call->count == 3)
        return create(call);
    if (strcmp(verb, "forwarding") == 0) {
        bool sound = call->count == 3 && read_word(call->arguments[2], switches, &which) && usvf_address_parse(call->arguments[1], &vf);
        return sound ? change(call, vf) : usage_error(call, "forwarding requires the PCI address of a VF, and on or off");
    }
    if (call->count != 2)
        return usage_error(call, "unknown command or wrong number of arguments");
    if (!usvf_address_parse(call->arguments[1], &vf))
        return usage_error(call, "VF must be a PCI address such as 0000:01:10.0");
    if (strcmp(verb, "show") == 0)
        return show(call, vf);
    if (strcmp(verb, "lease") == 0)
        return lease(call, vf);
    if (strcmp(verb, "restore") == 0)
        return restore(call, vf);
    return read_word(verb, changes, &which) ? change(call, vf) : usage_error(call, "unknown command");
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
