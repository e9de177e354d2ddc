/* SPDX-License-Identifier: Apache-2.0 */
/* The access list, and the system calls that are allowed once the command runs. */
#define _GNU_SOURCE
#include "rights.c"

#include <sys/mount.h>
#include <sys/wait.h>

#include "check.h"

static bool is_denied(long result) {
    return result < 0 && errno == EPERM;
}

/* With the filter, so in a process of its own. */
static int denied(void) {
    struct usvf_links links = {0};
    struct usvf_error error;
    char none[16] = "";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || filter_calls() != 0)
        return 1;
    if (usvf_links_read(NULL, &links, &error) != USVF_OK)
        return 2;
    usvf_links_free(&links);
    if (!is_denied(socket(AF_INET, SOCK_STREAM, 0)) || !is_denied(socket(AF_PACKET, SOCK_RAW, 0)))
        return 3;
    if (!is_denied(ioctl(STDIN_FILENO, TIOCSTI, none)) || !is_denied(ioctl(STDIN_FILENO, SIOCSIFFLAGS, none)))
        return 4;
    if (!is_denied(syscall(SYS_execve, "/bin/true", NULL, NULL)) || !is_denied(syscall(SYS_clone, 0, 0, 0, 0, 0)))
        return 5;
    if (!is_denied(mount("none", "/", "tmpfs", 0, NULL)) || !is_denied(syscall(SYS_ptrace, 0, 0, 0, 0)) ||
        !is_denied(syscall(SYS_kill, getppid(), 0)))
        return 6;
    return 0;
}

static void the_filter_allows_only_needed_system_calls(void) {
    int status;
    pid_t child = fork();
    if (child == 0)
        syscall(SYS_exit_group, denied()); /* an _exit() would run the sanitizer, which the filter denies */
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) != 0)
        fprintf(stderr, "check %d failed\n", WEXITSTATUS(status));
    CHECK(WEXITSTATUS(status) == 0);
}

static void a_list_may_have_the_former_name_of_forwarding(void) {
    char former[] = "bind,detour", other[] = "bind,release";
    CHECK(listed(former, "forwarding"));
    CHECK(!listed(other, "forwarding"));
}

int main(void) {
    TEST(the_filter_allows_only_needed_system_calls);
    TEST(a_list_may_have_the_former_name_of_forwarding);
    printf("filter: %d passed\n", checked);
    return 0;
}
