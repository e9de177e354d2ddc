/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that reading an inventory can cost: the system calls that libusvf makes, in its order, and nothing made of
 * what they return. Controlled by lines on stdin, so that a benchmark can take turns: "floor" makes these calls once,
 * "library" calls usvf_inventory_read once; each answers with a line of nanoseconds. Ends with stdin.
 *
 * inventory_floor [PFS VFS]: on this machine, or on one in memory, whose places it prints first.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../test/check.h"

static char scratch[1 << 20];

static void read_file(int at, const char *path) {
    int file = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return;
    CHECK(read(file, scratch, 64) >= 0);
    close(file);
}

/* The last part of where a link leads; empty if it is none. */
static void read_link(int at, const char *path, char *name, size_t size) {
    char target[512];
    ssize_t length = readlinkat(at, path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    const char *slash = strrchr(target, '/');
    usvf_copy(name, size, slash ? slash + 1 : target);
}

static void list_folder(int at, const char *path) {
    char entries[32768];
    int folder = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    while (syscall(SYS_getdents64, folder, entries, sizeof entries) > 0) {
    }
    close(folder);
}

static void read_vf(int devices, int groups, int pf, unsigned index) {
    char path[64], address[64], group[32];
    snprintf(path, sizeof path, "virtfn%u", index);
    read_link(pf, path, address, sizeof address);
    int folder = openat(devices, address, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    read_link(folder, "driver", path, sizeof path);
    list_folder(folder, ".");
    list_folder(folder, "net");
    read_file(folder, "enable");
    read_file(folder, "driver_override");
    read_link(folder, "iommu_group", group, sizeof group);
    snprintf(path, sizeof path, "%s/devices", group);
    list_folder(groups, path);
    close(folder);
}

static void read_pf(int devices, int groups, const char *name) {
    char text[64];
    int folder = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    read_file(folder, "vendor");
    read_file(folder, "device");
    read_file(folder, "numa_node");
    read_link(folder, "driver", text, sizeof text);
    read_file(folder, "class");
    list_folder(folder, "net");
    read_file(folder, "net/eno0/phys_port_name");
    read_file(folder, "net/eno0/dev_port");
    read_file(folder, "net/eno0/phys_switch_id");
    read_file(folder, "sriov_numvfs");
    unsigned count = (unsigned)atoi(scratch);
    read_file(folder, "sriov_vf_device");
    for (unsigned i = 0; i < count; i++)
        read_vf(devices, groups, folder, i);
    close(folder);
}

static void ask_kernel(uint16_t type) {
    struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
        struct rtattr attribute;
        uint32_t filter;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
        .filter = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS,
    };
    int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    CHECK(socket_ >= 0 && send(socket_, &request, sizeof request, 0) > 0);
    struct nlmsghdr head;
    do {
        CHECK(recv(socket_, scratch, sizeof scratch, MSG_TRUNC) >= (ssize_t)sizeof head);
        memcpy(&head, scratch, sizeof head);
    } while (head.nlmsg_type != NLMSG_DONE);
    close(socket_);
}

static void read_recording(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(file >= 0);
    while (read(file, scratch, 65536) > 0) {
    }
    close(file);
}

static void floor_once(const struct tree *tree) {
    char path[128], entries[32768];
    if (tree) {
        read_recording(tree->links);
    } else {
        ask_kernel(RTM_GETLINK);
        ask_kernel(RTM_GETADDR);
    }
    list_folder(AT_FDCWD, tree ? tree->state : "/var/lib/understudy-vf");
    snprintf(path, sizeof path, "%s/bus/pci/devices", tree ? tree->sysfs : "/sys");
    int devices = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/kernel/iommu_groups", tree ? tree->sysfs : "/sys");
    int groups = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int list = dup(devices);
    CHECK(devices >= 0 && groups >= 0 && list >= 0);
    long got;
    while ((got = syscall(SYS_getdents64, list, entries, sizeof entries)) > 0) {
        for (long at = 0; at < got;) {
            const struct dirent64 *entry = (const void *)(entries + at);
            at += entry->d_reclen;
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%.64s/sriov_totalvfs", entry->d_name);
            int total = openat(devices, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
            if (total < 0)
                continue;
            CHECK(read(total, scratch, 15) > 0);
            close(total);
            read_pf(devices, groups, entry->d_name);
        }
    }
    close(list);
    close(groups);
    close(devices);
}

static void library_once(const struct tree *tree) {
    struct usvf_inventory *inventory;
    struct usvf_error error;
    CHECK(usvf_inventory_read(tree ? &tree->roots : NULL, &inventory, &error) == USVF_OK && inventory->problem_count == 0);
    usvf_inventory_free(inventory);
}

/* A message of the recording, with attributes that are added at its end. */
struct message {
    char bytes[65536];
    size_t size;
};

static size_t begin(struct message *message, uint16_t type) {
    size_t at = message->size;
    struct rtattr head = {.rta_type = type};
    memcpy(message->bytes + at, &head, sizeof head);
    message->size += RTA_LENGTH(0);
    return at;
}

static void end(struct message *message, size_t at) {
    uint16_t length = (uint16_t)(message->size - at);
    memcpy(message->bytes + at, &length, sizeof length);
    message->size = NLMSG_ALIGN(message->size);
}

static void add(struct message *message, uint16_t type, const void *data, size_t size) {
    size_t at = begin(message, type);
    memcpy(message->bytes + message->size, data, size);
    message->size += size;
    end(message, at);
}

/* A row of RTM_GETLINK: of a PF with settings of its VFs, or of a VF. */
static void record(FILE *recording, int index, const char *name, unsigned vfs) {
    static struct message message;
    uint8_t mac[6] = {2, 0, 0, (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index};
    uint32_t mtu = 1500;
    struct ifinfomsg info = {.ifi_index = index};
    message.size = NLMSG_HDRLEN;
    memcpy(message.bytes + message.size, &info, sizeof info);
    message.size += NLMSG_ALIGN(sizeof info);
    add(&message, IFLA_IFNAME, name, strlen(name) + 1);
    add(&message, IFLA_ADDRESS, mac, sizeof mac);
    add(&message, IFLA_MTU, &mtu, sizeof mtu);
    size_t list = vfs ? begin(&message, IFLA_VFINFO_LIST | NLA_F_NESTED) : 0;
    for (uint32_t i = 0; i < vfs; i++) {
        size_t vf = begin(&message, IFLA_VF_INFO | NLA_F_NESTED);
        struct ifla_vf_mac address = {.vf = i, .mac = {2, 1, 0, 0, (uint8_t)index, (uint8_t)i}};
        struct ifla_vf_vlan vlan = {i, 0, 0};
        struct ifla_vf_rate rate = {i, 0, 0};
        struct ifla_vf_spoofchk spoofchk = {i, 1};
        struct ifla_vf_link_state state = {i, 0};
        struct ifla_vf_trust trust = {i, 0};
        add(&message, IFLA_VF_MAC, &address, sizeof address);
        add(&message, IFLA_VF_VLAN, &vlan, sizeof vlan);
        add(&message, IFLA_VF_RATE, &rate, sizeof rate);
        add(&message, IFLA_VF_SPOOFCHK, &spoofchk, sizeof spoofchk);
        add(&message, IFLA_VF_LINK_STATE, &state, sizeof state);
        add(&message, IFLA_VF_TRUST, &trust, sizeof trust);
        end(&message, vf);
    }
    if (vfs)
        end(&message, list);
    struct nlmsghdr head = {.nlmsg_len = (uint32_t)message.size, .nlmsg_type = RTM_NEWLINK};
    memcpy(message.bytes, &head, sizeof head);
    CHECK(fwrite(message.bytes, message.size, 1, recording) == 1);
}

static void build(struct tree *tree, int pfs, int vfs) {
    tree_make(tree);
    FILE *recording = fopen(tree->links, "w");
    CHECK(recording);
    int index = 1;
    for (int pf = 0; pf < pfs; pf++) {
        char name[32], netdev[32], address[32], path[128];
        snprintf(name, sizeof name, "0000:%02x:00.0", pf * 2);
        snprintf(netdev, sizeof netdev, "eno%d", pf);
        tree_pf(tree, name, netdev, 256, (unsigned)vfs);
        record(recording, index++, netdev, (unsigned)vfs);
        for (int vf = 0; vf < vfs; vf++) {
            snprintf(address, sizeof address, "0000:%02x:%02x.%x", pf * 2 + 1, vf / 8, vf % 8);
            tree_vf(tree, name, (unsigned)vf, address, pf * vfs + vf);
            snprintf(netdev, sizeof netdev, "eno%dv%d", pf, vf);
            snprintf(path, sizeof path, "sys/bus/pci/devices/%s/net/%s", address, netdev);
            tree_folder(tree, path);
            record(recording, index++, netdev, 0);
        }
    }
    CHECK(fclose(recording) == 0);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

int main(int count, char **arguments) {
    struct tree made;
    const struct tree *tree = count == 3 ? &made : NULL;
    /* The end of the benchmark closes stdin; then the folder is removed. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (tree) {
        build(&made, atoi(arguments[1]), atoi(arguments[2]));
        printf("%s %s %s %s\n", made.sysfs, made.links, made.state, made.run);
        fflush(stdout);
    }
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        int64_t start = now();
        if (strcmp(line, "floor\n") == 0)
            floor_once(tree);
        else
            library_once(tree);
        printf("%lld\n", (long long)(now() - start));
        fflush(stdout);
    }
    if (tree)
        tree_remove(tree);
    return 0;
}
