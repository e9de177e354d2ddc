/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forwarding entries that are added or deleted on request. The file "fdb" of the state directory has one line for each
 * entry that differs from its original state, "NETDEV MAC VLAN SELF WAS BOOT"; WAS is 1 if the entry existed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

enum { MOST = 256 };

struct record {
    struct usvf_fdb_entry entry;
    int was;
};

struct records {
    struct record all[MOST];
    size_t count;
    char boot[40];
};

static bool is_same(const struct usvf_fdb_entry *a, const struct usvf_fdb_entry *b) {
    return strcmp(a->netdev, b->netdev) == 0 && memcmp(a->mac, b->mac, 6) == 0 && a->vlan == b->vlan && a->self == b->self;
}

static bool parse(const char *line, struct record *record, char boot[40]) {
    unsigned mac[6], self, was;
    struct usvf_fdb_entry *entry = &record->entry;
    *record = (struct record){0};
    if (sscanf(line, "%15s %2x:%2x:%2x:%2x:%2x:%2x %d %u %u %39s", entry->netdev, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
            &mac[5], &entry->vlan, &self, &was, boot) != 11 || self > 1 || was > 1)
        return false;
    for (int i = 0; i < 6; i++)
        entry->mac[i] = (uint8_t)mac[i];
    entry->self = self;
    record->was = (int)was;
    return true;
}

/* No forwarding entry survives a boot. */
static int read_records(const struct usvf_roots *roots, struct records *records, struct usvf_error *error) {
    static char text[MOST * 128];
    records->count = 0;
    if (!usvf_read_boot(records->boot))
        return usvf_fail(error, USVF_FAILED, "boot ID cannot be read: %s", strerror(errno));
    if (usvf_state_read(roots, "fdb", NULL, text, sizeof text) != 0)
        return errno == ENOENT ? USVF_OK : usvf_fail(error, USVF_FAILED, "record of forwarding entries cannot be read: %s", strerror(errno));
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char boot[40];
        struct record *record = &records->all[records->count];
        if (records->count == MOST || !parse(line, record, boot))
            return usvf_fail(error, USVF_FAILED, "record of forwarding entries is damaged");
        records->count += strcmp(boot, records->boot) == 0;
    }
    return USVF_OK;
}

static int write_records(const struct usvf_roots *roots, const struct records *records, struct usvf_error *error) {
    static char text[MOST * 128];
    size_t length = 0;
    text[0] = 0;
    for (size_t i = 0; i < records->count; i++) {
        const struct usvf_fdb_entry *entry = &records->all[i].entry;
        const uint8_t *mac = entry->mac;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s %02x:%02x:%02x:%02x:%02x:%02x %d %d %d %s\n",
            entry->netdev, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], entry->vlan, entry->self, records->all[i].was,
            records->boot);
    }
    if (records->count > 0)
        return usvf_state_write(roots, "fdb", NULL, text, error);
    usvf_state_delete(roots, "fdb", NULL);
    return USVF_OK;
}

static struct record *find(struct records *records, const struct usvf_fdb_entry *entry) {
    for (size_t i = 0; i < records->count; i++)
        if (is_same(&records->all[i].entry, entry))
            return &records->all[i];
    return NULL;
}

static int remove_record(const struct usvf_roots *roots, struct records *records, struct record *record, struct usvf_error *error) {
    *record = records->all[--records->count];
    return write_records(roots, records, error);
}

static int apply(const struct usvf_fdb_entry *entry, bool there, struct usvf_error *error) {
    return there ? usvf_fdb_add(entry, error) : usvf_fdb_delete(entry, error);
}

static int set(const struct usvf_roots *roots, const struct usvf_fdb_entry *entry, bool there, struct usvf_error *error) {
    static struct records records;
    struct usvf_error ignored;
    int result = read_records(roots, &records, error);
    if (result != USVF_OK)
        return result;
    struct record *record = find(&records, entry);
    bool fresh = !record;
    if (fresh) {
        bool was;
        if ((result = usvf_fdb_is_fixed(entry, &was, error)) != USVF_OK || was == there)
            return result;
        if (records.count == MOST)
            return usvf_fail(error, USVF_REFUSED, "netdev %s: the limit of %d changed forwarding entries is reached; run understudy-vf fdb restore for a netdev", entry->netdev, MOST);
        record = &records.all[records.count++];
        *record = (struct record){*entry, was};
        if ((result = write_records(roots, &records, error)) != USVF_OK)
            return result;
    }
    result = apply(entry, there, error);
    if (result == USVF_OK && record->was == there)
        return remove_record(roots, &records, record, error);
    if (result != USVF_OK && fresh)
        remove_record(roots, &records, record, &ignored);
    return result;
}

int usvf_fdb_set(const struct usvf_roots *roots, const struct usvf_fdb_entry *entry, bool there, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = set(roots, entry, there, error);
    close(lock);
    return result;
}

static int restore(const struct usvf_roots *roots, const char *netdev, unsigned *restored, struct usvf_error *error) {
    static struct records records;
    int result = read_records(roots, &records, error);
    for (size_t i = 0; result == USVF_OK && i < records.count;) {
        struct record *record = &records.all[i];
        if (strcmp(record->entry.netdev, netdev) != 0) {
            i++;
            continue;
        }
        result = apply(&record->entry, record->was, error);
        if (result == USVF_OK || result == USVF_NOT_FOUND) { /* without the netdev there is no entry */
            ++*restored;
            result = remove_record(roots, &records, record, error);
        }
    }
    return result;
}

int usvf_fdb_restore(const struct usvf_roots *roots, const char *netdev, unsigned *restored, struct usvf_error *error) {
    *restored = 0;
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = restore(roots, netdev, restored, error);
    close(lock);
    return result;
}
