/* SPDX-License-Identifier: Apache-2.0 */
/* Forwarding entries on a real bridge, in a network namespace of the test's own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static struct usvf_error error;
static const uint8_t address[6] = {0x02, 0, 0, 0, 0, 0x77}, sender[6] = {0x02, 0, 0, 0, 0, 0x01};

static void ip(const char *arguments) {
    char command[256];
    snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin:/sbin ip %s", arguments);
    if (system(command) != 0) {
        fprintf(stderr, "ip %s failed\n", arguments);
        exit(1);
    }
}

/* A bridge with two ports, whose far ends are far0 and far1. It does not flood frames for unknown addresses, so an entry makes the difference. */
static void bridge_up(void) {
    ip("link add name bridge0 type bridge");
    for (int i = 0; i < 2; i++) {
        char text[128];
        snprintf(text, sizeof text, "link add name port%d type veth peer name far%d", i, i);
        ip(text);
        snprintf(text, sizeof text, "link set dev port%d master bridge0 up", i);
        ip(text);
        snprintf(text, sizeof text, "link set dev port%d type bridge_slave flood off", i);
        ip(text);
        snprintf(text, sizeof text, "link set dev far%d up", i);
        ip(text);
    }
    ip("link set dev bridge0 up");
}

static void bridge_down(void) {
    ip("link delete dev port0");
    ip("link delete dev port1");
    ip("link delete dev bridge0");
}

static int listen_on(const char *netdev) {
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_ifindex = (int)if_nametoindex(netdev)};
    int socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x88b5));
    CHECK(socket_ >= 0 && bind(socket_, (struct sockaddr *)&at, sizeof at) == 0);
    return socket_;
}

static void send_frame(int socket_, const uint8_t to[6], const uint8_t from[6]) {
    uint8_t frame[60] = {0};
    memcpy(frame, to, 6);
    memcpy(frame + 6, from, 6);
    frame[12] = 0x88;
    frame[13] = 0xb5;
    CHECK(send(socket_, frame, sizeof frame, 0) == (ssize_t)sizeof frame);
}

/* Frames are sent again until one arrives: a port that has just come up may not forward yet. */
static bool arrives(int from, int at) {
    struct pollfd file = {.fd = at, .events = POLLIN};
    for (int i = 0; i < 50; i++) {
        send_frame(from, address, sender);
        if (poll(&file, 1, 100) > 0)
            return true;
    }
    return false;
}

static struct usvf_fdb_entry entry_on(const char *netdev) {
    struct usvf_fdb_entry entry = {0};
    usvf_copy(entry.netdev, sizeof entry.netdev, netdev);
    memcpy(entry.mac, address, 6);
    return entry;
}

static void count_address(const struct usvf_fdb_entry *entry, void *count) {
    *(int *)count += !entry->self && memcmp(entry->mac, address, 6) == 0;
}

static bool is_there(const struct usvf_fdb_entry *entry) {
    bool fixed = false;
    CHECK(usvf_fdb_is_fixed(entry, &fixed, &error) == USVF_OK);
    return fixed;
}

static int entries_on(const char *netdev) {
    int count = 0;
    CHECK(usvf_fdb_visit(netdev, count_address, &count, &error) == USVF_OK);
    return count;
}

static void a_frame_for_the_address_leaves_through_the_port(void) {
    bridge_up();
    int in = listen_on("far0"), out = listen_on("far1");
    struct usvf_fdb_entry entry = entry_on("port1");
    CHECK(usvf_fdb_add(&entry, &error) == USVF_OK);
    CHECK(arrives(in, out));
    close(in);
    close(out);
    bridge_down();
}

static void adding_and_deleting_twice_is_no_error(void) {
    bridge_up();
    struct usvf_fdb_entry entry = entry_on("port0");
    CHECK(usvf_fdb_add(&entry, &error) == USVF_OK && usvf_fdb_add(&entry, &error) == USVF_OK);
    CHECK(entries_on("port0") == 1 && entries_on("port1") == 0);
    CHECK(usvf_fdb_delete(&entry, &error) == USVF_OK && usvf_fdb_delete(&entry, &error) == USVF_OK);
    CHECK(entries_on("port0") == 0);
    bridge_down();
}

static void the_filter_of_the_device_itself_is_another_list(void) {
    bridge_up();
    struct usvf_fdb_entry entry = entry_on("port0");
    entry.self = true;
    CHECK(usvf_fdb_add(&entry, &error) == USVF_OK && usvf_fdb_add(&entry, &error) == USVF_OK);
    CHECK(entries_on("port0") == 0);
    CHECK(usvf_fdb_delete(&entry, &error) == USVF_OK);
    bridge_down();
}

/* The bridge learns that the address is behind port1. */
static void learn_on_port1(void) {
    int far = listen_on("far1");
    static const uint8_t unknown[6] = {0x02, 0, 0, 0, 0, 0x55};
    for (int i = 0; i < 50 && entries_on("port1") == 0; i++) {
        send_frame(far, unknown, address);
        usleep(100 * 1000);
    }
    close(far);
    CHECK(entries_on("port1") == 1);
}

static void a_learned_entry_of_another_port_is_replaced(void) {
    bridge_up();
    learn_on_port1();
    struct usvf_fdb_entry entry = entry_on("port0");
    CHECK(usvf_fdb_add(&entry, &error) == USVF_OK);
    CHECK(entries_on("port0") == 1 && entries_on("port1") == 0);
    bridge_down();
}

static void what_was_learned_is_forgotten_and_what_is_fixed_stays(void) {
    bridge_up();
    learn_on_port1();
    usvf_fdb_flush(sender);
    CHECK(entries_on("port1") == 1);
    usvf_fdb_flush(address);
    CHECK(entries_on("port1") == 0);
    struct usvf_fdb_entry entry = entry_on("port0");
    CHECK(usvf_fdb_add(&entry, &error) == USVF_OK);
    usvf_fdb_flush(address);
    CHECK(entries_on("port0") == 1);
    bridge_down();
}

static void a_fixed_entry_of_another_port_is_left_alone(void) {
    bridge_up();
    struct usvf_fdb_entry first = entry_on("port0"), second = entry_on("port1");
    CHECK(usvf_fdb_add(&first, &error) == USVF_OK);
    CHECK(usvf_fdb_add(&second, &error) == USVF_REFUSED && strstr(error.message, "port0"));
    CHECK(entries_on("port0") == 1 && entries_on("port1") == 0);
    bridge_down();
}

static void what_was_set_by_hand_is_made_what_it_was(void) {
    struct tree tree;
    unsigned restored;
    tree_make(&tree);
    bridge_up();
    struct usvf_fdb_entry fresh = entry_on("port0"), theirs = entry_on("port0");
    theirs.mac[5]++;
    theirs.self = true;
    CHECK(usvf_fdb_add(&theirs, &error) == USVF_OK);
    CHECK(usvf_fdb_set(&tree.roots, &fresh, true, &error) == USVF_OK);
    CHECK(usvf_fdb_set(&tree.roots, &fresh, true, &error) == USVF_OK);
    CHECK(usvf_fdb_set(&tree.roots, &theirs, false, &error) == USVF_OK);
    CHECK(entries_on("port0") == 1 && !is_there(&theirs));

    CHECK(usvf_fdb_restore(&tree.roots, "port1", &restored, &error) == USVF_OK && restored == 0);
    CHECK(usvf_fdb_restore(&tree.roots, "port0", &restored, &error) == USVF_OK && restored == 2);
    CHECK(entries_on("port0") == 0 && is_there(&theirs));
    CHECK(usvf_fdb_restore(&tree.roots, "port0", &restored, &error) == USVF_OK && restored == 0);
    bridge_down();
    tree_remove(&tree);
}

/* As after a crash between the record and the change. */
static void a_record_without_its_change_is_restored_too(void) {
    struct tree tree;
    unsigned restored;
    char boot[40], line[160];
    tree_make(&tree);
    bridge_up();
    CHECK(usvf_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof boot) > 0);
    snprintf(line, sizeof line, "port0 02:00:00:00:00:77 0 0 0 %s\nport0 02:00:00:00:00:78 0 0 1 of-another-boot\n", boot);
    tree_folder(&tree, "state");
    tree_file(&tree, "state/fdb", line);
    CHECK(usvf_fdb_restore(&tree.roots, "port0", &restored, &error) == USVF_OK && restored == 1);
    CHECK(entries_on("port0") == 0);

    tree_file(&tree, "state/fdb", "port0 02:00 nonsense\n");
    struct usvf_fdb_entry entry = entry_on("port0");
    CHECK(usvf_fdb_set(&tree.roots, &entry, true, &error) == USVF_FAILED && strstr(error.message, "damaged"));
    CHECK(entries_on("port0") == 0);
    bridge_down();
    tree_remove(&tree);
}

static void an_address_of_the_bridge_itself_is_left_alone(void) {
    struct tree tree;
    tree_make(&tree);
    bridge_up();
    ip("link set dev port0 address 02:00:00:00:00:99");
    struct usvf_fdb_entry entry = entry_on("port0");
    entry.mac[5] = 0x99;
    CHECK(usvf_fdb_set(&tree.roots, &entry, false, &error) == USVF_REFUSED && strstr(error.message, "bridge itself"));
    bridge_down();
    tree_remove(&tree);
}

static void what_makes_no_sense_is_refused(void) {
    struct usvf_fdb_entry entry = entry_on("nonexistent0");
    CHECK(usvf_fdb_add(&entry, &error) == USVF_NOT_FOUND);
    bridge_up();
    entry = entry_on("port0");
    entry.vlan = 4095;
    CHECK(usvf_fdb_add(&entry, &error) == USVF_BAD_ARGUMENT);
    entry = entry_on("port0");
    entry.mac[0] = 1;
    CHECK(usvf_fdb_add(&entry, &error) == USVF_BAD_ARGUMENT);
    bridge_down();
}

static bool map(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return good;
}

/* Without root, in a user namespace as well: as its root, or a program that is started would lose the rights in it. */
static bool own_network(void) {
    char users[48], groups[48];
    snprintf(users, sizeof users, "0 %u 1", geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", getegid());
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && map("/proc/self/setgroups", "deny") &&
        map("/proc/self/uid_map", users) && map("/proc/self/gid_map", groups);
}

int main(void) {
    if (!own_network()) {
        fprintf(stderr, "fdb: %s: no network namespace can be made here: %s\n", getenv("CI") ? "failed" : "SKIPPED", strerror(errno));
        return getenv("CI") ? 1 : 0;
    }
    TEST(a_frame_for_the_address_leaves_through_the_port);
    TEST(adding_and_deleting_twice_is_no_error);
    TEST(the_filter_of_the_device_itself_is_another_list);
    TEST(a_learned_entry_of_another_port_is_replaced);
    TEST(what_was_learned_is_forgotten_and_what_is_fixed_stays);
    TEST(a_fixed_entry_of_another_port_is_left_alone);
    TEST(what_was_set_by_hand_is_made_what_it_was);
    TEST(a_record_without_its_change_is_restored_too);
    TEST(an_address_of_the_bridge_itself_is_left_alone);
    TEST(what_makes_no_sense_is_refused);
    printf("fdb: %d passed\n", checked);
    return 0;
}
