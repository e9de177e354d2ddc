/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens between two steps of a change, the VF can be had back. The calls below stand before the C library's: they
 * count, stop at one of them, and do for a tree of files what the kernel does for sysfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "state.h"

#define VF "0000:01:10.0"

static struct tree tree;
static struct usvf_error error;

static int steps_left = -1; /* -1: all is well */
static int fails_with;      /* 0: is killed */

/* True if this step is to fail. */
static bool step(void) {
    if (steps_left < 0 || steps_left-- > 0)
        return false;
    if (fails_with == 0)
        kill(getpid(), SIGKILL);
    errno = fails_with;
    return true;
}

/* Drivers take and leave a VF when its address is written to one of their files. */
static void drive(const char *path) {
    char driver[32], verb[8], link[256], target[64];
    if (sscanf(path, "drivers/%31[^/]/%7s", driver, verb) != 2)
        return;
    snprintf(link, sizeof link, "%s/sys/bus/pci/devices/" VF "/driver", tree.root);
    snprintf(target, sizeof target, "../../drivers/%s", driver);
    unlink(link);
    if (strcmp(verb, "bind") == 0)
        CHECK(symlink(target, link) == 0);
}

int openat(int at, const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    if (flags & (O_WRONLY | O_RDWR)) {
        if (step())
            return -1;
        drive(path);
    }
    return (int)syscall(SYS_openat, at, path, flags, mode);
}

ssize_t write(int file, const void *data, size_t size) {
    return step() ? -1 : syscall(SYS_write, file, data, size);
}

int fsync(int file) {
    return step() ? -1 : (int)syscall(SYS_fsync, file);
}

int renameat(int from, const char *old, int to, const char *new) {
    return step() ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int at, const char *path, int flags) {
    return step() ? -1 : (int)syscall(SYS_unlinkat, at, path, flags);
}

static void begin(void) {
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "a:b", 8, 1); /* no netdev can have this name */
    tree_vf(&tree, "0000:01:00.0", 0, VF, 1);
    tree_file(&tree, "sys/bus/pci/drivers/igbvf/bind", "");
    tree_file(&tree, "sys/bus/pci/drivers/igbvf/unbind", "");
    tree_file(&tree, "sys/bus/pci/drivers/vfio-pci/bind", "");
    tree_file(&tree, "sys/bus/pci/drivers/vfio-pci/unbind", "");
}

static int all_of_it(void) {
    struct usvf_lease lease;
    int result = usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error);
    struct usvf_holder holder = {"alpha", result == USVF_OK ? lease.fencing : 0};
    if (result == USVF_OK)
        result = usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error);
    if (result == USVF_OK)
        result = usvf_release(&tree.roots, address_of(VF), holder, &error);
    return result;
}

static void is_as_before(void) {
    char override[32], driver[32];
    usvf_driver_read(&tree.roots, address_of(VF), override, sizeof override, driver, sizeof driver);
    CHECK(override[0] == 0 && strcmp(driver, "igbvf") == 0);
}

static void can_be_had_back(void) {
    struct usvf_inventory *inventory;
    CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_OK);
    is_as_before();
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    const struct usvf_vf *vf = usvf_inventory_find(inventory, address_of(VF), NULL);
    CHECK(vf && (vf->state == USVF_FREE || (vf->state == USVF_LEASED && strcmp(vf->lease.owner, "alpha") == 0)));
    usvf_inventory_free(inventory);
    CHECK(all_of_it() == USVF_OK); /* and the next one succeeds too */
    is_as_before();
}

/* Stops at each step there is. */
static void try_each_step(int with) {
    fails_with = with;
    int stopped = 0;
    for (bool done = false; !done; stopped++) {
        begin();
        int status;
        pid_t child = fork();
        if (child == 0) {
            steps_left = stopped;
            int result = all_of_it();
            _exit(steps_left >= 0 ? 77 : result);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(with == 0 ? WIFEXITED(status) || WTERMSIG(status) == SIGKILL : WIFEXITED(status));
        done = WIFEXITED(status) && WEXITSTATUS(status) == 77;
        can_be_had_back();
        tree_remove(&tree);
    }
    CHECK(stopped > 25);
}

static void killed_at_each_step(void) {
    try_each_step(0);
}

static void a_disk_that_is_full_at_each_step(void) {
    try_each_step(ENOSPC);
}

static void a_file_system_that_turns_read_only_at_each_step(void) {
    try_each_step(EROFS);
}

static void no_rights_at_each_step(void) {
    try_each_step(EACCES);
}

/* Puts links into the state directory, and one in its place, as fast as it can. */
static void race(const char *precious) {
    static const char *const names[] = {"new", "lock", "fencing", "lease-" VF, "before-" VF};
    char path[128], aside[128];
    snprintf(aside, sizeof aside, "%s/aside", tree.root);
    for (unsigned i = 0;; i++) {
        snprintf(path, sizeof path, "%s/%s", tree.state, names[i % 5]);
        unlink(path);
        (void)!symlink(precious, path);
        usleep(200);
        unlink(path);
        if (i % 7 == 0 && rename(tree.state, aside) == 0) {
            (void)!symlink("elsewhere", tree.state);
            usleep(200);
            unlink(tree.state);
            CHECK(rename(aside, tree.state) == 0 || errno == ENOTEMPTY || errno == EEXIST);
        }
        usleep(200);
    }
}

static void links_that_come_and_go_lead_nowhere(void) {
    char precious[128], path[128], text[32];
    struct stat status;
    begin();
    tree_folder(&tree, "state");
    tree_folder(&tree, "elsewhere");
    tree_file(&tree, "precious", "precious\n");
    snprintf(precious, sizeof precious, "%s/precious", tree.root);
    snprintf(path, sizeof path, "%s/elsewhere", tree.root);
    CHECK(stat(path, &status) == 0);
    struct timespec untouched = status.st_mtim;
    pid_t child = fork();
    if (child == 0)
        race(precious);
    CHECK(child > 0);
    for (int i = 0; i < 200; i++)
        all_of_it(); /* may fail as it likes */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(usvf_read_text(AT_FDCWD, precious, text, sizeof text) > 0 && strcmp(text, "precious") == 0);
    CHECK(stat(path, &status) == 0 && status.st_mtim.tv_nsec == untouched.tv_nsec && status.st_mtim.tv_sec == untouched.tv_sec);
    tree_remove(&tree);
}

static void *take_and_release(void *wins) {
    for (int i = 0; i < 50; i++) {
        struct usvf_error own;
        struct usvf_lease lease;
        struct usvf_holder holder = {wins == NULL ? "alpha" : "beta", 0};
        if (usvf_lease_take(&tree.roots, address_of(VF), holder.owner, 0, &lease, &own) != USVF_OK)
            continue;
        holder.fencing = lease.fencing;
        CHECK(usvf_release(&tree.roots, address_of(VF), holder, &own) == USVF_OK);
        if (wins)
            ++*(int *)wins;
    }
    return NULL;
}

static void threads_take_turns(void) {
    pthread_t threads[8];
    int wins[8] = {0};
    begin();
    for (int i = 0; i < 8; i++)
        CHECK(pthread_create(&threads[i], NULL, take_and_release, i == 0 ? NULL : &wins[i]) == 0);
    for (int i = 0; i < 8; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    can_be_had_back();
    tree_remove(&tree);
}

int main(void) {
    TEST(killed_at_each_step);
    TEST(a_disk_that_is_full_at_each_step);
    TEST(a_file_system_that_turns_read_only_at_each_step);
    TEST(no_rights_at_each_step);
    TEST(links_that_come_and_go_lead_nowhere);
    TEST(threads_take_turns);
    printf("steps: %d passed\n", checked);
    return 0;
}
