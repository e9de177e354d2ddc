/* SPDX-License-Identifier: Apache-2.0 */
/* Leases, records and refusals. The effect on a kernel is tested on the emulated SR-IOV host. */
#define _GNU_SOURCE
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "state.h"

#define VF "0000:01:10.0"

static struct tree tree;
static struct usvf_error error;

static void begin(unsigned vfs) {
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, vfs);
    for (unsigned i = 0; i < vfs; i++) {
        char text[32];
        snprintf(text, sizeof text, "0000:01:10.%u", i);
        tree_vf(&tree, "0000:01:00.0", i, text, (int)i + 1);
    }
}

static uint64_t take(const char *vf, const char *owner, int64_t ttl) {
    struct usvf_lease lease = {0};
    CHECK(usvf_lease_take(&tree.roots, address_of(vf), owner, ttl, &lease, &error) == USVF_OK);
    return lease.fencing;
}

static enum usvf_vf_state state_of(const char *vf, char reason[256]) {
    struct usvf_inventory *inventory;
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    const struct usvf_vf *found = usvf_inventory_find(inventory, address_of(vf), NULL);
    CHECK(found);
    enum usvf_vf_state state = found->state;
    usvf_copy(reason, 256, found->reason);
    usvf_inventory_free(inventory);
    return state;
}

static const char *this_boot(void) {
    static char boot[40];
    CHECK(usvf_read_text(-1, "/proc/sys/kernel/random/boot_id", boot, sizeof boot) > 0);
    return boot;
}

/* What a VF was before: its driver, and no settings. */
static void record(const char *vf, const char *driver, const char *boot) {
    char path[64], text[160];
    snprintf(path, sizeof path, "state/before-%s", vf);
    snprintf(text, sizeof text, "%s - 0 00:00:00:00:00:00 -1 -1 -1 -1 -1 -1 -1 %s\n", driver, boot);
    tree_file(&tree, path, text);
}

static void a_lease_is_for_one_owner(void) {
    char reason[256];
    struct usvf_lease lease;
    begin(2);
    uint64_t first = take(VF, "alpha", 0);
    CHECK(state_of(VF, reason) == USVF_LEASED);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "beta", 0, &lease, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, "alpha"));
    CHECK(take(VF, "alpha", 0) == first);
    CHECK(take("0000:01:10.1", "beta", 0) > first);
    CHECK(usvf_lease_take(&tree.roots, address_of("0000:01:10.7"), "beta", 0, &lease, &error) == USVF_NOT_FOUND);
    tree_remove(&tree);
}

static void an_owner_is_one_word(void) {
    static const char *const wrong[] = {"", "two words", "line\nend", "tab\t", "\x7f", "\xc3\xa4"};
    struct usvf_lease lease;
    begin(1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(usvf_lease_take(&tree.roots, address_of(VF), wrong[i], 0, &lease, &error) == USVF_BAD_ARGUMENT);
    tree_remove(&tree);
}

/* The name of a VM may be long, and its encoded form is up to three times as long. */
static void an_owner_may_be_long(void) {
    char owner[USVF_OWNER_TEXT + 1];
    struct usvf_lease lease;
    struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    memset(owner, 'a', sizeof owner - 1);
    owner[sizeof owner - 1] = 0;
    begin(1);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), owner, 0, &lease, &error) == USVF_BAD_ARGUMENT);
    owner[USVF_OWNER_TEXT - 1] = 0;
    struct usvf_holder holder = {owner, take(VF, owner, 0)};
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_OK);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "beta", 0, &lease, &error) == USVF_REFUSED);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    tree_remove(&tree);
}

static void of_many_processes_one_gets_the_vf(void) {
    begin(1);
    int winners = 0;
    for (int i = 0; i < 16; i++)
        if (fork() == 0) {
            char owner[32];
            struct usvf_lease lease;
            snprintf(owner, sizeof owner, "process%d", i);
            _exit(usvf_lease_take(&tree.roots, address_of(VF), owner, 0, &lease, &error) == USVF_OK ? 0 : 1);
        }
    for (int status; wait(&status) > 0;)
        winners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    CHECK(winners == 1);
    tree_remove(&tree);
}

static void an_older_number_is_fenced_off(void) {
    struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    begin(1);
    uint64_t old = take(VF, "alpha", 0);
    struct usvf_holder holder = {"alpha", old};
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_OK);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_REFUSED);
    CHECK(take(VF, "alpha", 0) > old);
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_REFUSED);
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    /* A late release of the old lease does not end the new one. */
    char reason[256];
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK && state_of(VF, reason) == USVF_LEASED);
    tree_remove(&tree);
}

static void a_lease_that_has_expired_is_free_for_others(void) {
    char reason[256];
    begin(1);
    uint64_t first = take(VF, "alpha", 60);
    CHECK(state_of(VF, reason) == USVF_LEASED);
    tree_file(&tree, "state/lease-" VF, "alpha 1 1000\n");
    CHECK(state_of(VF, reason) == USVF_FREE);
    CHECK(take(VF, "beta", 0) > first);
    tree_remove(&tree);
}

static void a_lease_that_cannot_be_read_is_somebodys(void) {
    static const char *const damaged[] = {"", "alpha", "alpha x y", "alpha 1"};
    char reason[256];
    struct usvf_lease lease;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        begin(1);
        take(VF, "alpha", 0);
        tree_file(&tree, "state/lease-" VF, damaged[i]);
        CHECK(state_of(VF, reason) == USVF_FAULT && strstr(reason, "lease"));
        CHECK(usvf_lease_take(&tree.roots, address_of(VF), "beta", 0, &lease, &error) == USVF_REFUSED);
        tree_remove(&tree);
    }
}

static void a_vf_that_a_guest_has_is_in_use(void) {
    char reason[256];
    begin(1);
    tree_delete(&tree, "sys/bus/pci/devices/" VF "/driver");
    tree_link(&tree, "sys/bus/pci/devices/" VF "/driver", "../../drivers/vfio-pci");
    tree_file(&tree, "sys/bus/pci/devices/" VF "/enable", "0\n");
    CHECK(state_of(VF, reason) == USVF_FOREIGN);
    tree_file(&tree, "sys/bus/pci/devices/" VF "/enable", "1\n");
    CHECK(state_of(VF, reason) == USVF_IN_USE && strstr(reason, "open"));
    tree_remove(&tree);
}

static void the_inventory_does_not_open_a_group(void) {
    char reason[256], path[128], event[512];
    begin(1);
    tree_delete(&tree, "sys/bus/pci/devices/" VF "/driver");
    tree_link(&tree, "sys/bus/pci/devices/" VF "/driver", "../../drivers/vfio-pci");
    tree_file(&tree, "dev/vfio/1", "");
    snprintf(path, sizeof path, "%s/dev/vfio/1", tree.root);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(watch >= 0 && inotify_add_watch(watch, path, IN_OPEN) >= 0);
    CHECK(state_of(VF, reason) == USVF_FOREIGN);
    CHECK(read(watch, event, sizeof event) < 0);
    close(watch);
    tree_remove(&tree);
}

static void a_vf_that_shares_its_group_with_something_live_is_not_bound(void) {
    begin(1);
    tree_folder(&tree, "sys/bus/pci/devices/0000:01:00.7");
    tree_folder(&tree, "sys/bus/pci/drivers/nvme");
    tree_link(&tree, "sys/bus/pci/devices/0000:01:00.7/driver", "../../drivers/nvme");
    tree_folder(&tree, "sys/kernel/iommu_groups/1/devices/0000:01:00.7");
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, "0000:01:00.7") && strstr(error.message, "nvme"));
    tree_remove(&tree);
}

static void a_vf_without_iommu_is_not_bound(void) {
    begin(1);
    tree_delete(&tree, "sys/bus/pci/devices/" VF "/iommu_group");
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, "IOMMU"));
    tree_remove(&tree);
}

static void a_bind_that_fails_half_way_leaves_no_override(void) {
    begin(1);
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    /* The tree has no file to unbind by, as if the kernel had refused. */
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_FAILED);
    char override[32], driver[32];
    usvf_driver_read(&tree.roots, address_of(VF), override, sizeof override, driver, sizeof driver);
    CHECK(override[0] == 0 && strcmp(driver, "igbvf") == 0);
    tree_remove(&tree);
}

static void what_cannot_be_restored_is_set_aside_with_the_reason(void) {
    char reason[256];
    struct usvf_lease lease;
    begin(1);
    take(VF, "alpha", 0);
    /* It had another driver before, which the tree cannot restore. */
    record(VF, "other", this_boot());
    CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_FAILED);
    CHECK(state_of(VF, reason) == USVF_FAULT && reason[0]);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "beta", 0, &lease, &error) == USVF_REFUSED);
    /* When the cause is gone, the next attempt mends it. */
    record(VF, "igbvf", this_boot());
    CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_OK);
    CHECK(state_of(VF, reason) == USVF_LEASED);
    tree_remove(&tree);
}

static void a_record_of_an_earlier_boot_is_forgotten(void) {
    char reason[256], path[128];
    begin(1);
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    /* This driver could not be restored, but the boot has reset it. */
    record(VF, "other", "00000000-0000-4000-8000-000000000000");
    tree_file(&tree, "state/fault-" VF, "it had another driver");
    CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_OK);
    CHECK(state_of(VF, reason) == USVF_LEASED);
    snprintf(path, sizeof path, "%s/before-" VF, tree.state);
    CHECK(access(path, F_OK) != 0);
    /* And a new record replaces it. */
    struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    char text[512];
    record(VF, "other", "00000000-0000-4000-8000-000000000000");
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_OK);
    CHECK(usvf_read_text(-1, path, text, sizeof text) > 0 && strncmp(text, "igbvf ", 6) == 0 && strstr(text, this_boot()));
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    tree_remove(&tree);
}

static void a_change_on_top_of_a_damaged_record_is_refused(void) {
    struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    begin(1);
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    tree_file(&tree, "state/before-" VF, "igbvf - 1 52:54");
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &none, &error) == USVF_FAILED && strstr(error.message, "damaged"));
    tree_remove(&tree);
}

static void a_damaged_record_is_never_believed(void) {
    static const char *const damaged[] = {"", "igbvf", "igbvf - 1 52:54:00:", "\xff\xfe", "igbvf - 0 0:0:0:0:0:0 x"};
    char reason[256];
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        begin(1);
        take(VF, "alpha", 0);
        tree_file(&tree, "state/before-" VF, damaged[i]);
        CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_FAILED);
        CHECK(state_of(VF, reason) == USVF_FAULT && strstr(reason, "damaged"));
        tree_remove(&tree);
    }
}

static void a_pf_gets_another_number_of_vfs_and_back(void) {
    struct usvf_address pf = address_of("0000:01:00.0");
    char number[128], text[16];
    begin(4);
    snprintf(number, sizeof number, "%s/bus/pci/devices/0000:01:00.0/sriov_numvfs", tree.sysfs);
    CHECK(usvf_create(&tree.roots, pf, 9, &error) == USVF_BAD_ARGUMENT);
    CHECK(usvf_create(&tree.roots, address_of(VF), 1, &error) == USVF_NOT_FOUND);
    CHECK(usvf_create(&tree.roots, pf, 2, &error) == USVF_OK);
    CHECK(usvf_create(&tree.roots, pf, 3, &error) == USVF_OK);
    CHECK(usvf_restore(&tree.roots, pf, &error) == USVF_OK);
    CHECK(usvf_read_text(-1, number, text, sizeof text) > 0 && strcmp(text, "4") == 0);
    /* The tree has no more functions than these four, so the fifth never comes. */
    CHECK(usvf_create(&tree.roots, pf, 5, &error) == USVF_FAILED);
    CHECK(usvf_restore(&tree.roots, pf, &error) == USVF_OK);
    CHECK(usvf_read_text(-1, number, text, sizeof text) > 0 && strcmp(text, "4") == 0);
    tree_remove(&tree);
}

static void vfs_that_are_not_free_do_not_vanish(void) {
    struct usvf_address pf = address_of("0000:01:00.0");
    begin(2);
    take(VF, "alpha", 0);
    CHECK(usvf_create(&tree.roots, pf, 1, &error) == USVF_REFUSED && strstr(error.message, VF));
    tree_file(&tree, "state/lease-" VF, "alpha 1 1000\n");
    record(VF, "igbvf", this_boot());
    CHECK(usvf_create(&tree.roots, pf, 1, &error) == USVF_REFUSED);
    CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_OK);
    CHECK(usvf_create(&tree.roots, pf, 1, &error) == USVF_OK);
    tree_remove(&tree);
}

static void stale_records_are_restored_and_held_ones_are_not(void) {
    unsigned restored;
    begin(2);
    take(VF, "alpha", 0);
    record(VF, "igbvf", this_boot());
    record("0000:01:10.1", "igbvf", this_boot());
    CHECK(usvf_restore_stale(&tree.roots, &restored, &error) == USVF_OK && restored == 1);
    CHECK(usvf_restore_stale(&tree.roots, &restored, &error) == USVF_OK && restored == 0);
    tree_remove(&tree);
}

static void a_state_directory_that_others_can_write_is_refused(void) {
    struct usvf_lease lease;
    begin(1);
    tree_folder(&tree, "state");
    CHECK(chmod(tree.state, 0777) == 0);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_NOT_PERMITTED);
    CHECK(chmod(tree.state, 0755) == 0);
    tree_remove(&tree);
    /* Nor is one that a link leads to. */
    begin(1);
    tree_folder(&tree, "elsewhere");
    tree_link(&tree, "state", "elsewhere");
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_FAILED);
    tree_remove(&tree);
}

static void without_the_leases_no_vf_is_free(void) {
    struct usvf_inventory *inventory = NULL;
    begin(1);
    tree_file(&tree, "state", "no directory\n");
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_FAILED && !inventory);
    CHECK(strstr(error.message, tree.state) && strstr(error.message, "leases are unknown"));
    tree_remove(&tree);
    /* A machine without leases has no state directory. */
    begin(1);
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK && inventory->pfs[0].vfs[0].state == USVF_FREE);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void of_a_process_without_spare_files_no_vf_is_free(void) {
    struct rlimit few, before;
    begin(1);
    take(VF, "alpha", 0);
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    for (rlim_t limit = 3; limit < 24; limit++) {
        struct usvf_inventory *inventory;
        few = (struct rlimit){limit, before.rlim_max};
        CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
        int result = usvf_inventory_read(&tree.roots, &inventory, &error);
        CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
        if (result != USVF_OK)
            continue;
        for (size_t i = 0; i < inventory->pf_count; i++)
            for (size_t j = 0; j < inventory->pfs[i].vf_count; j++)
                CHECK(inventory->pfs[i].vfs[j].state != USVF_FREE);
        usvf_inventory_free(inventory);
    }
    tree_remove(&tree);
}

static void links_in_the_state_directory_are_not_followed(void) {
    struct usvf_lease lease;
    begin(1);
    take(VF, "alpha", 0);
    tree_delete(&tree, "state/lease-" VF);
    tree_file(&tree, "precious", "precious\n");
    tree_link(&tree, "state/new", "../precious");
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "beta", 0, &lease, &error) == USVF_FAILED);
    char path[128], text[32];
    snprintf(path, sizeof path, "%s/precious", tree.root);
    CHECK(usvf_read_text(-1, path, text, sizeof text) > 0 && strcmp(text, "precious") == 0);
    tree_remove(&tree);
}

static void settings_out_of_range_are_refused(void) {
    struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    begin(1);
    struct usvf_holder holder = {"alpha", take(VF, "alpha", 0)};
    struct usvf_settings wrong = none;
    wrong.vlan = 4095;
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &wrong, &error) == USVF_BAD_ARGUMENT);
    wrong = none;
    wrong.has_mac = true;
    wrong.mac[0] = 1;
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &wrong, &error) == USVF_BAD_ARGUMENT);
    tree_remove(&tree);
}

int main(void) {
    TEST(a_lease_is_for_one_owner);
    TEST(an_owner_is_one_word);
    TEST(an_owner_may_be_long);
    TEST(of_many_processes_one_gets_the_vf);
    TEST(an_older_number_is_fenced_off);
    TEST(a_lease_that_has_expired_is_free_for_others);
    TEST(a_lease_that_cannot_be_read_is_somebodys);
    TEST(a_vf_that_a_guest_has_is_in_use);
    TEST(the_inventory_does_not_open_a_group);
    TEST(a_vf_that_shares_its_group_with_something_live_is_not_bound);
    TEST(a_vf_without_iommu_is_not_bound);
    TEST(a_bind_that_fails_half_way_leaves_no_override);
    TEST(what_cannot_be_restored_is_set_aside_with_the_reason);
    TEST(a_record_of_an_earlier_boot_is_forgotten);
    TEST(a_change_on_top_of_a_damaged_record_is_refused);
    TEST(a_damaged_record_is_never_believed);
    TEST(a_pf_gets_another_number_of_vfs_and_back);
    TEST(vfs_that_are_not_free_do_not_vanish);
    TEST(stale_records_are_restored_and_held_ones_are_not);
    TEST(a_state_directory_that_others_can_write_is_refused);
    TEST(without_the_leases_no_vf_is_free);
    TEST(of_a_process_without_spare_files_no_vf_is_free);
    TEST(links_in_the_state_directory_are_not_followed);
    TEST(settings_out_of_range_are_refused);
    printf("change: %d passed\n", checked);
    return 0;
}
