/* SPDX-License-Identifier: Apache-2.0 */
/* Reports changes of functions, netdevs and leases. Source: kobject uevents, rtnetlink(7), inotify(7). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Uevents from the kernel; group 2 has those from udev. */
#define KERNEL_EVENTS 1

static int open_group(int protocol, unsigned groups) {
    int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    /* 128 VFs that are created at once are some 400 messages. */
    int size = 1 << 20;
    if (file >= 0)
        setsockopt(file, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (file >= 0 && bind(file, (struct sockaddr *)&address, sizeof address) != 0) {
        int problem = errno;
        close(file);
        errno = problem;
        return -1;
    }
    return file;
}

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The state directory appears with the first lease, so until then its parent is watched. */
static void watch_state(struct usvf_watch *watch) {
    const uint32_t records = IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;
    watch->folder = inotify_add_watch(watch->records, watch->state, records);
    if (watch->folder >= 0)
        return;
    char parent[sizeof watch->state + 3];
    snprintf(parent, sizeof parent, "%.*s.", (int)(base_of(watch->state) - watch->state), watch->state);
    if (inotify_add_watch(watch->records, parent, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) >= 0)
        watch->folder = inotify_add_watch(watch->records, watch->state, records);
}

/* Leases and their ends change no function, so no event of the kernel shows them. */
static void open_records(const struct usvf_roots *roots, struct usvf_watch *watch) {
    usvf_copy(watch->state, sizeof watch->state, usvf_state_dir(roots));
    for (size_t length = strlen(watch->state); length > 1 && watch->state[length - 1] == '/';)
        watch->state[--length] = 0;
    watch->records = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->records >= 0)
        watch_state(watch);
}

int usvf_watch_open(const struct usvf_roots *roots, struct usvf_watch *watch, struct usvf_error *error) {
    *watch = (struct usvf_watch){.links = -1, .records = -1, .folder = -1};
    watch->kobjects = open_group(NETLINK_KOBJECT_UEVENT, KERNEL_EVENTS);
    if (watch->kobjects >= 0)
        watch->links = open_group(NETLINK_ROUTE, RTMGRP_LINK);
    if (watch->links >= 0) {
        open_records(roots, watch);
        return USVF_OK;
    }
    int problem = errno;
    usvf_watch_close(watch);
    return usvf_fail(error, usvf_code_of(problem), "kernel events cannot be watched: %s", strerror(problem));
}

void usvf_watch_close(struct usvf_watch *watch) {
    const int files[] = {watch->kobjects, watch->links, watch->records};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0)
            close(files[i]);
    *watch = (struct usvf_watch){-1, -1, -1, -1, ""};
}

/* True if there is a datagram from the kernel, or some were lost. */
static bool receive(int file, char *buffer, size_t size, ssize_t *got, bool *lost) {
    struct sockaddr_nl from = {0};
    struct iovec part = {buffer, size - 1};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
    do {
        *got = recvmsg(file, &message, 0);
    } while ((*got < 0 && errno == EINTR) || (*got >= 0 && from.nl_pid != 0));
    /* A truncated message cannot be read, but something has changed. */
    *lost = *got < 0 ? errno == ENOBUFS : (message.msg_flags & MSG_TRUNC) != 0;
    if (*got >= 0)
        buffer[*got] = 0;
    return *got >= 0 || *lost;
}

/* The last part of a path that is a PCI address, or empty. */
static void address_in(const char *path, char *text, size_t size) {
    const char *slash = strrchr(path, '/');
    struct usvf_address address;
    usvf_copy(text, size, slash ? slash + 1 : path);
    if (!usvf_address_parse(text, &address))
        text[0] = 0;
}

bool usvf_watch_read_uevent(const char *buffer, size_t size, struct usvf_event *event) {
    const char *subsystem = "";
    char address[64] = "", interface[64] = "";
    for (const char *line = buffer; line < buffer + size; line += strlen(line) + 1) {
        if (strncmp(line, "ACTION=", 7) == 0)
            usvf_copy(event->action, sizeof event->action, line + 7);
        else if (strncmp(line, "SUBSYSTEM=", 10) == 0)
            subsystem = line + 10;
        else if (strncmp(line, "DEVPATH=", 8) == 0)
            address_in(line + 8, address, sizeof address);
        else if (strncmp(line, "INTERFACE=", 10) == 0)
            usvf_copy(interface, sizeof interface, line + 10);
    }
    bool pci = strcmp(subsystem, "pci") == 0 && address[0];
    event->kind = pci ? USVF_EVENT_PCI : USVF_EVENT_LINK;
    usvf_copy(event->subject, sizeof event->subject, pci ? address : interface);
    return pci || (strcmp(subsystem, "net") == 0 && interface[0]);
}

bool usvf_watch_read_link(const char *buffer, size_t size, struct usvf_event *event) {
    struct nlmsghdr head;
    if (size < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
        return false;
    memcpy(&head, buffer, sizeof head);
    struct usvf_links links = {0};
    bool good = head.nlmsg_type == RTM_NEWLINK && usvf_links_parse(&links, buffer, size) && links.count > 0;
    if (good) {
        event->kind = USVF_EVENT_LINK;
        usvf_copy(event->action, sizeof event->action, "change");
        usvf_copy(event->subject, sizeof event->subject, links.rows[0].name);
    }
    usvf_links_free(&links);
    return good;
}

/* Bridges, taps and the like: each VM that starts changes some, and none is a function. A removed netdev may be either. */
static bool is_virtual(const struct usvf_event *event) {
    char netdev[128], device[128];
    struct stat status;
    snprintf(netdev, sizeof netdev, "/sys/class/net/%s", event->subject);
    snprintf(device, sizeof device, "/sys/class/net/%s/device", event->subject);
    return event->kind == USVF_EVENT_LINK && fstatat(AT_FDCWD, netdev, &status, 0) == 0 &&
           fstatat(AT_FDCWD, device, &status, 0) != 0;
}

/* False if nothing that the inventory shows has changed. */
static bool read_record(struct usvf_watch *watch, const struct inotify_event *record, const char *name, struct usvf_event *event) {
    struct usvf_address vf;
    *event = (struct usvf_event){.kind = USVF_EVENT_LEASE, .action = "change"};
    if (record->mask & IN_Q_OVERFLOW) {
        event->kind = USVF_EVENT_LOST;
        return true;
    }
    bool gone = record->wd == watch->folder && (record->mask & IN_IGNORED);
    if (gone || (watch->folder < 0 && strcmp(name, base_of(watch->state)) == 0)) {
        watch_state(watch);
        return true;
    }
    const char *dash = strchr(name, '-');
    if (record->wd != watch->folder || !dash || !usvf_address_parse(dash + 1, &vf) ||
        (strncmp(name, "lease-", 6) != 0 && strncmp(name, "fault-", 6) != 0))
        return false;
    usvf_copy(event->subject, sizeof event->subject, dash + 1);
    return true;
}

/* Records that are read together are one event, with the last of them. */
static bool next_record(struct usvf_watch *watch, struct usvf_event *event) {
    _Alignas(struct inotify_event) char buffer[sizeof(struct inotify_event) + NAME_MAX + 1];
    bool changed = false;
    ssize_t size;
    while (!changed && watch->records >= 0 && (size = read(watch->records, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0; at < size;) {
            struct inotify_event record;
            struct usvf_event one;
            memcpy(&record, buffer + at, sizeof record);
            if (read_record(watch, &record, record.len ? buffer + at + sizeof record : "", &one)) {
                changed = true;
                *event = one;
            }
            at += (ssize_t)(sizeof record + record.len);
        }
    return changed;
}

bool usvf_watch_next(struct usvf_watch *watch, struct usvf_event *event) {
    char buffer[16384];
    ssize_t size;
    bool lost;
    *event = (struct usvf_event){.kind = USVF_EVENT_LOST};
    while (receive(watch->kobjects, buffer, sizeof buffer, &size, &lost))
        if (lost || (usvf_watch_read_uevent(buffer, (size_t)size, event) && !is_virtual(event)))
            return true;
    while (receive(watch->links, buffer, sizeof buffer, &size, &lost))
        if (lost || (usvf_watch_read_link(buffer, (size_t)size, event) && !is_virtual(event)))
            return true;
    return next_record(watch, event);
}
