/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an input are arguments of the command; after an empty one follows the access list. */
static const char *list_path = "/nonexistent";
#define USVF_ACL list_path
#include "call.c"
#include "rights.c"

#include "check.h"
#include "fuzz.h"

#define MOST_ARGUMENTS 16

static struct tree tree;

static void end(void) {
    tree_remove(&tree);
}

static void begin(void) {
    static char path[64];
    if (tree.root[0])
        return;
    tree_make(&tree);
    snprintf(path, sizeof path, "%s/list", tree.root);
    list_path = path;
    atexit(end);
    CHECK(freopen("/dev/null", "w", stdout));
}

static void check_address(const char *text) {
    struct usvf_address address, again;
    char printed[USVF_ADDRESS_TEXT];
    if (!usvf_address_parse(text, &address))
        return;
    usvf_address_text(address, printed);
    HOLDS(usvf_address_parse(printed, &again) && usvf_address_equal(address, again) && strspn(text, "0123456789abcdef:.") == strlen(text));
}

static void check_call(int count, char **arguments) {
    struct call call = {.settings = {.vlan = USVF_UNKNOWN, .qos = USVF_UNKNOWN}};
    optind = 0; /* resets getopt */
    if (read_call(&call, count, arguments) >= 0)
        return;
    HOLDS(call.count > 0 && call.settings.vlan >= USVF_UNKNOWN && call.settings.vlan <= 4094 && call.settings.qos <= 7);
    for (int i = 0; i < call.count; i++)
        check_address(call.arguments[i]);
}

static void check_rights(const char *command, const uint8_t *data, size_t size) {
    struct usvf_error error;
    char list[2048];
    size_t length = size < sizeof list - 1 ? size : sizeof list - 1;
    memcpy(list, data, length);
    list[length] = 0;
    tree_file(&tree, "list", list);
    if (check_list(0, "eno1", command, &error) == USVF_OK)
        HOLDS(strstr(list, "allow") && (strstr(list, "eno1") || strstr(list, "all")));
    if (check_list((uid_t)-2, "eno1", command, &error) == USVF_OK)
        HOLDS(getpwuid((uid_t)-2)); /* a user without a name has no permissions */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char lines[MOST_ARGUMENTS][512];
    char *arguments[MOST_ARGUMENTS + 2] = {"understudy-vf"};
    int count = 1;
    begin();
    while (size > 0 && count <= MOST_ARGUMENTS) {
        char *line = lines[count - 1];
        fuzz_line(&data, &size, line, sizeof lines[0]);
        if (!line[0])
            break;
        check_address(line);
        arguments[count++] = line;
    }
    arguments[count] = NULL;
    char command[512];
    usvf_copy(command, sizeof command, count > 1 ? lines[0] : "bind");
    check_call(count, arguments);
    check_rights(command, data, size);
    return 0;
}
