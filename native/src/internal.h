/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of libusvf share. */
#ifndef USVF_INTERNAL_H
#define USVF_INTERNAL_H

#include <stdarg.h>
#include <sys/types.h>

#include "usvf.h"

/* Fills the error and returns its code. */
int usvf_fail(struct usvf_error *error, enum usvf_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* USVF_NOT_PERMITTED for EACCES and EPERM, else USVF_FAILED. */
enum usvf_code usvf_code_of(int errnum);

/* Copies what fits, always terminated. */
void usvf_copy(char *to, size_t size, const char *from);

const char *usvf_sysfs(const struct usvf_roots *roots);
const char *usvf_dev(const struct usvf_roots *roots);
const char *usvf_state_dir(const struct usvf_roots *roots);
const char *usvf_run(const struct usvf_roots *roots);

/* Grows from address to address. */
uint64_t usvf_address_order(struct usvf_address address);

bool usvf_mac_is_zero(const uint8_t mac[6]);

/* Files below an open folder. All return -1 and set errno on failure. */
int usvf_open_folder(int at, const char *path);
ssize_t usvf_read_text(int at, const char *path, char *text, size_t size); /* without the line end */
long usvf_read_number(int at, const char *path, long otherwise);
int usvf_read_link_name(int at, const char *path, char *name, size_t size); /* the last part of the target */
int usvf_write_text(int at, const char *path, const char *text);

/* A walk over the attributes of a message. */
struct usvf_attributes {
    const char *at;
    size_t left;
};
struct usvf_attribute {
    uint16_t type;
    const void *data;
    size_t size;
};
struct usvf_attributes usvf_attributes_after(const void *body, size_t size, size_t header);
bool usvf_attribute_next(struct usvf_attributes *rest, struct usvf_attribute *attribute);

/* State of reading a list from the kernel, message by message. */
struct usvf_dump {
    bool done;
    bool changed; /* during the read, so rows may be missing */
    int refused;  /* the errno, or 0 */
};
typedef void usvf_dump_visitor(uint16_t type, const void *body, size_t size, void *context);
typedef void usvf_dump_reset(void *context);

/* Visits the messages of one buffer. False if it is damaged. */
bool usvf_dump_parse(struct usvf_dump *dump, const void *buffer, size_t size, usvf_dump_visitor *visit, void *context);
/* Reads the list again until it does not change during the read; resets the visitor's result before each attempt. */
int usvf_dump_read(int protocol, const void *request, size_t size, const char *what, usvf_dump_visitor *visit,
    usvf_dump_reset *reset, void *context, struct usvf_error *error);

/* One row of an RTM_GETLINK dump. */
struct usvf_link {
    int index;
    char name[16];
    uint8_t mac[6];
    bool up;
    int carrier, mtu;
    int master; /* index of the bridge or bond that it is a port of; 0: none */
    char kind[16];        /* such as "bond"; empty: hardware, or unknown */
    char master_kind[16]; /* that of the master, as the port shows it */
    int type;   /* ARPHRD_ETHER or another */
    int lower;  /* index of the netdev of this namespace that it is on top of; 0: none */
    char upper[16];  /* a netdev on top of it; empty: none */
    bool addressed;  /* has an IP address, apart from a link-local IPv6 one */
    char *altnames;  /* with blanks between them; NULL: none */
    unsigned vf_count;
    struct usvf_settings *vfs; /* by VF index */
    bool vfs_lost; /* the kernel refused or truncated the list of VFs */
    bool vfs_unreported; /* it has VFs, and its driver does not report their settings */
};

struct usvf_links {
    struct usvf_link *rows;
    size_t count;
    int *addressed; /* index of the netdev of each IP address that is not link-local IPv6 */
    size_t addresses;
    bool incomplete; /* the list ended early, so netdevs are missing */
};

/* Adds the row of one message. */
void usvf_links_row(uint16_t type, const void *body, size_t size, void *links);
/* Adds the rows of one message buffer. False if it is damaged or incomplete. */
bool usvf_links_parse(struct usvf_links *links, const void *buffer, size_t size);
int usvf_links_read(const char *recording, struct usvf_links *links, struct usvf_error *error);
void usvf_links_free(struct usvf_links *links);
const struct usvf_link *usvf_links_find(const struct usvf_links *links, const char *name);
const struct usvf_link *usvf_links_at(const struct usvf_links *links, int index);

/* Sets the members of the VF's IOMMU group, read from the open folders of groups and of functions. */
void usvf_group_read(int groups, int devices, struct usvf_vf *vf);
/* The part of usvf_vfio that all VFs of a machine share, read from one of them: ready, no driver, or no override. */
enum usvf_vfio usvf_vfio_of_host(const struct usvf_roots *roots, int devices, const char *vf);

/* A request to rtnetlink with an acknowledgement. Sending returns 0 or -errno. */
struct usvf_request {
    char bytes[1024];
};
void usvf_request_begin(struct usvf_request *request, uint16_t type, uint16_t flags, const void *header, size_t size);
void usvf_request_add(struct usvf_request *request, uint16_t type, const void *data, size_t size);
void *usvf_request_nest(struct usvf_request *request, uint16_t type);
void usvf_request_end_nest(struct usvf_request *request, void *nest);
int usvf_request_send(struct usvf_request *request);

/* Sets each known value in turn; returns 0 or -errno and names the value that failed. */
int usvf_settings_write(const char *pf, unsigned index, const struct usvf_settings *settings, const char **what);

/* usvf_fdb_set without the lock and the record. */
int usvf_fdb_add(const struct usvf_fdb_entry *entry, struct usvf_error *error);
int usvf_fdb_delete(const struct usvf_fdb_entry *entry, struct usvf_error *error);
/* Whether the entry exists and is not learned. USVF_REFUSED for an address of the bridge itself. */
int usvf_fdb_is_fixed(const struct usvf_fdb_entry *entry, bool *fixed, struct usvf_error *error);
/* Deletes the learned entries of an address on all bridges. */
void usvf_fdb_flush(const uint8_t mac[6]);

/* One row of the list of forwarding entries. */
struct usvf_fdb_row {
    struct usvf_fdb_entry entry; /* without netdev */
    unsigned index, master;
    bool fixed; /* not learned */
    bool permanent;
};

/* Reads a row from the body of a message; false if the message is another one. */
bool usvf_fdb_parse(uint16_t type, const void *body, size_t size, struct usvf_fdb_row *row);

/* Read an event from one datagram, which is followed by a zero byte; false if it is of no interest. */
bool usvf_watch_read_uevent(const char *buffer, size_t size, struct usvf_event *event);
bool usvf_watch_read_link(const char *buffer, size_t size, struct usvf_event *event);

/* The lock of the state directory, held until the descriptor is closed. */
int usvf_state_lock(const struct usvf_roots *roots, struct usvf_error *error);
/* Space of the state directory's file system in bytes, 0 without a free file; false if there is no such directory. */
bool usvf_state_space(const struct usvf_roots *roots, uint64_t *left);
enum { USVF_STATE_RESERVE = 32 << 10, USVF_STATE_NEED = 48 << 10, USVF_STATE_LOW = 1 << 20 };
bool usvf_state_lease(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_lease *lease);
/* True if the lease exists but cannot be read: the VF is not free. */
bool usvf_state_lease_is_damaged(const struct usvf_roots *roots, struct usvf_address vf);
bool usvf_state_fault(const struct usvf_roots *roots, struct usvf_address vf, char *reason, size_t size);

/* Sets driver_override and driver of a VF, and reads them back. */
int usvf_driver_set(const struct usvf_roots *roots, struct usvf_address vf, const char *override, const char *driver,
    struct usvf_error *error);
void usvf_driver_read(const struct usvf_roots *roots, struct usvf_address vf, char *override, size_t override_size,
    char *driver, size_t driver_size);

#endif
