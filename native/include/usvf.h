/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libusvf: the SR-IOV functions of this machine, read from sysfs and netlink and changed through them.
 *
 * All calls block, none starts a thread, and none keeps anything between calls except through a state directory. Two
 * threads may call at once; changes to one VF are ordered by a lock in the state directory, also among processes.
 * A call that fails fills its error and leaves its results untouched.
 */
#ifndef USVF_H
#define USVF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define USVF_API __attribute__((visibility("default")))
#else
#define USVF_API
#endif

/* Why a call failed. The numbers are also the exit statuses of understudy-vf. */
enum usvf_code {
    USVF_OK = 0,
    USVF_BAD_ARGUMENT = 2,  /* the caller's mistake */
    USVF_NOT_FOUND = 3,     /* no such function */
    USVF_REFUSED = 4,       /* would harm something: the message names it */
    USVF_FAILED = 5,        /* the kernel did not do it */
    USVF_NOT_PERMITTED = 6, /* the user may not */
};

struct usvf_error {
    enum usvf_code code;
    char message[512]; /* one sentence that names object and value */
};

/* A PCI address, such as 0000:01:10.0. */
struct usvf_address {
    uint32_t domain;
    uint8_t bus, device, function;
};

#define USVF_ADDRESS_TEXT 24

/* False unless the text is exactly a full PCI address in lower case. */
USVF_API bool usvf_address_parse(const char *text, struct usvf_address *address);
USVF_API void usvf_address_text(struct usvf_address address, char text[USVF_ADDRESS_TEXT]);
USVF_API bool usvf_address_equal(struct usvf_address a, struct usvf_address b);

/* Where things are; tests name other places. */
struct usvf_roots {
    const char *sysfs; /* NULL: /sys */
    const char *dev;   /* NULL: /dev */
    const char *state; /* NULL: /var/lib/understudy-vf */
    const char *links; /* file with a recorded RTM_GETLINK dump; NULL: asks the kernel */
    const char *run;   /* where libvirt keeps what it does; NULL: /run */
};

#define USVF_UNKNOWN (-1)

/* What is set for a VF on its PF. Source: IFLA_VFINFO_LIST in linux/if_link.h. */
struct usvf_settings {
    uint8_t mac[6];
    int vlan_protocol; /* of the VLAN: 0x8100, 0x88a8, or 0 if the driver does not tell */
    int vlan;       /* 0: none; 0 to 4094, or USVF_UNKNOWN */
    int qos;        /* 0 to 7, or USVF_UNKNOWN */
    int trust;      /* 0, 1, or USVF_UNKNOWN */
    int spoofchk;   /* 0, 1, or USVF_UNKNOWN */
    int link_state; /* 0 as the PF, 1 always on, 2 always off, or USVF_UNKNOWN */
    int64_t min_rate, max_rate; /* Mbit/s, 0: no limit, or USVF_UNKNOWN */
    bool has_mac;
};

/* What a VF may be used for. */
enum usvf_vf_state {
    USVF_FREE,
    USVF_LEASED,  /* by the lease below */
    USVF_IN_USE,  /* a guest has it open, libvirt has given it to a VM, or its netdev is up or has a master */
    USVF_FOREIGN, /* bound to a driver for pass-through, and not by a lease; or libvirt may have it */
    USVF_FAULT,   /* see the reason */
};

USVF_API const char *usvf_vf_state_word(enum usvf_vf_state state);

/* Whether vfio-pci could take a VF, or what is in the way first. */
enum usvf_vfio {
    USVF_VFIO_READY,
    USVF_VFIO_NO_IOMMU,    /* the VF is in no group */
    USVF_VFIO_NO_DRIVER,   /* vfio-pci is not loaded */
    USVF_VFIO_NO_OVERRIDE, /* the kernel takes no driver_override */
    USVF_VFIO_SHARED,      /* the host uses another function of the group: the blocker */
};

USVF_API const char *usvf_vfio_word(enum usvf_vfio vfio);

#define USVF_PEERS 8

#define USVF_OWNER_TEXT 256

struct usvf_lease {
    char owner[USVF_OWNER_TEXT]; /* empty: no lease */
    uint64_t fencing;            /* grows with each lease on this machine */
    int64_t expires;             /* seconds since 1970; 0: never */
};

struct usvf_vf {
    struct usvf_address address;
    unsigned index; /* N of virtfnN */
    uint16_t vendor, device;
    char driver[32]; /* empty: none */
    char netdev[16]; /* empty: none, as with a VF that is passed through */
    uint8_t mac[6];  /* of the netdev */
    bool up;         /* the netdev is up */
    int master;      /* index of the bridge or bond that the netdev is a port of; 0: none */
    int mtu;         /* bytes, or USVF_UNKNOWN */
    int numa;        /* or USVF_UNKNOWN */
    int iommu_group; /* or USVF_UNKNOWN: no IOMMU */
    unsigned iommu_members; /* functions in the group, itself included */
    struct usvf_address iommu_peers[USVF_PEERS]; /* others of the group, in the order of their addresses; no more than fit */
    enum usvf_vfio vfio;
    struct usvf_address blocker; /* with USVF_VFIO_SHARED */
    char blocker_driver[32];
    struct usvf_settings settings;
    enum usvf_vf_state state;
    char reason[256]; /* of the state, empty if it needs none */
    struct usvf_lease lease;
};

struct usvf_pf {
    struct usvf_address address;
    uint16_t vendor, device;
    char driver[32];
    char netdev[16];
    char switch_id[64];
    char port_name[32];
    uint8_t mac[6];
    bool up;
    int carrier; /* 0, 1, or USVF_UNKNOWN */
    int mtu;
    int numa;
    unsigned totalvfs, numvfs;
    struct usvf_vf *vfs;
    size_t vf_count;
};

/* Something that could not be read. The rest of the inventory holds. */
struct usvf_problem {
    char subject[64];
    char message[256];
};

struct usvf_inventory {
    struct usvf_pf *pfs; /* in the order of their addresses */
    size_t pf_count;
    struct usvf_problem *problems;
    size_t problem_count;
};

/*
 * Reads every PF with its VFs. The caller frees the result. Needs no rights.
 */
USVF_API int usvf_inventory_read(const struct usvf_roots *roots, struct usvf_inventory **inventory, struct usvf_error *error);
USVF_API void usvf_inventory_free(struct usvf_inventory *inventory);

/* The VF with an address and its PF, or NULL. Both live as long as the inventory. */
USVF_API const struct usvf_vf *usvf_inventory_find(
    const struct usvf_inventory *inventory, struct usvf_address address, const struct usvf_pf **pf);

/*
 * Takes a VF for an owner. USVF_REFUSED if it is not free. The same owner gets its lease again, with the same number.
 *
 * owner: 1 to 255 printable characters without blanks. ttl: seconds, 0 for ever.
 */
USVF_API int usvf_lease_take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error);

/*
 * The calls below want the owner and the number of the lease; USVF_REFUSED if the lease is another one by now.
 * Before the first change of a VF its state is recorded on disk.
 */
struct usvf_holder {
    const char *owner;
    uint64_t fencing;
};

/*
 * Sets what is known in the settings (USVF_UNKNOWN and has_mac = false leave a value as it is) and reads it back.
 * USVF_FAILED names the first value that did not stay.
 */
USVF_API int usvf_configure(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error);

/*
 * Binds a VF to vfio-pci. On failure the driver of before is back.
 *
 * user, group: who gets /dev/vfio/GROUP, or -1 for no change
 */
USVF_API int usvf_bind(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, int64_t user,
    int64_t group, struct usvf_error *error);

/* Gives a VF back to the driver it had before; what is set for it stays. */
USVF_API int usvf_unbind(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

/*
 * Leads frames for the VF's address to the bridge above its PF too, where the standby NIC is, or ends that. To be on while
 * a guest is without the VF: the PF would keep the frames for the VF. Bridges forget where they have last seen the address.
 */
USVF_API int usvf_detour(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, bool on,
    struct usvf_error *error);

/*
 * Gives a PF a number of VFs and waits for them. USVF_REFUSED if it has VFs that are not free: the kernel removes all
 * before it makes others.
 */
USVF_API int usvf_create(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error);

/*
 * Brings a VF, or the number of VFs of a PF, back to what it was before the first change, lease or not; also after a crash
 * in the middle. A record of an earlier boot is forgotten.
 */
USVF_API int usvf_restore(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* Restores a VF and ends its lease. USVF_OK if there is no such lease any more. */
USVF_API int usvf_release(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

/* Restores and frees every VF whose lease has expired, and every one that has a record and no lease. */
USVF_API int usvf_restore_stale(const struct usvf_roots *roots, unsigned *restored, struct usvf_error *error);

/* One entry of a forwarding database. */
struct usvf_fdb_entry {
    char netdev[16];
    uint8_t mac[6];
    int vlan;  /* 0: none */
    bool self; /* on the device itself, such as a PF's filter; else on the bridge it is a port of */
};

/*
 * Adds or deletes a static entry: frames for the address leave through the port. Adding twice and deleting what is not
 * there are no errors. A learned entry is replaced; USVF_REFUSED if another port of the bridge has a fixed one, or if it is
 * an address of the bridge itself. What was before the first change is recorded.
 */
USVF_API int usvf_fdb_set(const struct usvf_roots *roots, const struct usvf_fdb_entry *entry, bool there, struct usvf_error *error);

/* Makes every entry of a device what it was before the first usvf_fdb_set(). */
USVF_API int usvf_fdb_restore(const struct usvf_roots *roots, const char *netdev, unsigned *restored, struct usvf_error *error);

typedef void usvf_fdb_visitor(const struct usvf_fdb_entry *entry, void *context);

/* Visits every entry of a device or bridge port. */
USVF_API int usvf_fdb_visit(const char *netdev, usvf_fdb_visitor *visit, void *context, struct usvf_error *error);

/* A change that was seen; the reader looks again for itself. */
struct usvf_event {
    enum usvf_event_kind { USVF_EVENT_PCI, USVF_EVENT_LINK, USVF_EVENT_LOST } kind; /* LOST: some were missed */
    char action[16];  /* add, remove, bind, unbind, change */
    char subject[64]; /* a PCI address or the name of a netdev */
};

/* Opens a watch: two file descriptors that can be polled for reading and that the caller closes. Needs no rights. */
USVF_API int usvf_watch_open(int *kobjects, int *links, struct usvf_error *error);

/* Reads the next event of a PCI function, or of a netdev with hardware, that is there already. False if there is none: poll again. */
USVF_API bool usvf_watch_next(int kobjects, int links, struct usvf_event *event);

#endif
