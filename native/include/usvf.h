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
    USVF_BAD_ARGUMENT = 2,  /* the call is wrong */
    USVF_NOT_FOUND = 3,     /* no such function */
    USVF_REFUSED = 4,       /* the change would harm something; the message names it */
    USVF_FAILED = 5,        /* the kernel reported an error */
    USVF_NOT_PERMITTED = 6, /* the user has no permission */
};

struct usvf_error {
    enum usvf_code code;
    char message[512]; /* one sentence that names the object and the value */
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

/* Paths of the machine; tests set others. */
struct usvf_roots {
    const char *sysfs; /* NULL: /sys */
    const char *dev;   /* NULL: /dev */
    const char *state; /* NULL: /var/lib/understudy-vf */
    const char *links; /* file with a recorded RTM_GETLINK dump; NULL: read from the kernel */
    const char *run;   /* folder with libvirt's runtime files; NULL: /run */
};

#define USVF_UNKNOWN (-1)

/* Settings of a VF on its PF. Source: IFLA_VFINFO_LIST in linux/if_link.h. */
struct usvf_settings {
    uint8_t mac[6];
    int vlan_protocol; /* of the VLAN: 0x8100, 0x88a8, or 0 if the driver does not report it */
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
    USVF_IN_USE,   /* a VM, a container or the host uses it, or this cannot be determined: see the signs */
    USVF_FOREIGN,  /* reserved by another program: see the signs */
    USVF_FAULT,    /* see the reason */
    USVF_UNUSABLE, /* no VF for a pair: it is no network function, or its PF cannot set it up */
};

USVF_API const char *usvf_vf_state_word(enum usvf_vf_state state);

/*
 * The signs by which a VF is not free. A VF is free only if it has none; the first one decides the state. What this library
 * itself has done for the holder of a lease is no sign.
 */
enum usvf_sign {
    USVF_SIGN_LIBVIRT,         /* libvirt has assigned it to a VM, or has not restored it */
    USVF_SIGN_OPEN,            /* bound to a driver for pass-through, and a program has it open */
    USVF_SIGN_NAMESPACE,       /* its netdev is in another network namespace, such as that of a container */
    USVF_SIGN_UP,              /* its netdev is up */
    USVF_SIGN_MASTER,          /* its netdev is a port of a bridge, bond, VRF or switch */
    USVF_SIGN_UPPER,           /* a VLAN, macvlan or macvtap is on top of its netdev */
    USVF_SIGN_ADDRESS,         /* its netdev has an IP address, apart from a link-local IPv6 one */
    USVF_SIGN_NETDEV_UNKNOWN,  /* the kernel does not list its netdev, so its use cannot be determined */
    USVF_SIGN_RDMA,            /* a program has its RDMA device open */
    USVF_SIGN_RDMA_UNKNOWN,    /* it has an RDMA device whose use cannot be determined */
    USVF_SIGN_VDPA,            /* it has a vDPA device */
    USVF_SIGN_ENABLED,         /* enabled, but not as a NIC of the host */
    USVF_SIGN_UNREADABLE,      /* what may show a use cannot be read */
    USVF_SIGN_VFIO,            /* bound to a vfio driver */
    USVF_SIGN_UIO,             /* bound to a UIO driver */
    USVF_SIGN_STUB,            /* bound to a driver that only reserves it */
    USVF_SIGN_DRIVER_OVERRIDE, /* its driver_override was set by another program */
    USVF_SIGN_LIBVIRT_UNKNOWN, /* libvirt's files cannot be read */
    USVF_SIGN_NOT_NETWORK,     /* it is no network function */
    USVF_SIGN_PF,              /* its PF has no Ethernet netdev, or does not report the settings of VFs */
    USVF_SIGNS
};

/* The name of a sign, such as "driver-override". */
USVF_API const char *usvf_sign_word(enum usvf_sign sign);

#define USVF_SIGN_BIT(sign) (UINT32_C(1) << (sign))

/* Whether a VF can be bound to vfio-pci, or the first reason why not. */
enum usvf_vfio {
    USVF_VFIO_READY,
    USVF_VFIO_NO_IOMMU,    /* the VF has no IOMMU group */
    USVF_VFIO_NO_DRIVER,   /* vfio-pci is not loaded */
    USVF_VFIO_NO_OVERRIDE, /* the kernel has no driver_override */
    USVF_VFIO_SHARED,      /* the host uses another function of the group: the blocker */
};

USVF_API const char *usvf_vfio_word(enum usvf_vfio vfio);

#define USVF_PEERS 8

/* Includes the longest name of a VM, encoded. */
#define USVF_OWNER_TEXT 1024

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
    struct usvf_address iommu_peers[USVF_PEERS]; /* others of the group, ordered by address; the first eight */
    enum usvf_vfio vfio;
    struct usvf_address blocker; /* with USVF_VFIO_SHARED */
    char blocker_driver[32];
    struct usvf_settings settings;
    enum usvf_vf_state state;
    uint32_t signs;   /* a USVF_SIGN_BIT for each sign of its use */
    char use[256];    /* the signs as text */
    char reason[256]; /* of the state, empty if it needs none */
    struct usvf_lease lease;
};

struct usvf_pf {
    struct usvf_address address;
    uint16_t vendor, device;
    char driver[32];
    char netdev[16];     /* its own, not that of a representor */
    char altnames[512];  /* of the netdev, with blanks between them */
    char master[16];     /* the bond, bridge or other netdev that the netdev is a port of; empty: none */
    char master_kind[16]; /* such as "bond" or "bridge"; empty: unknown */
    bool switchdev;      /* an embedded switch forwards by rules: by devlink, or since there are representors of VFs */
    uint32_t class;      /* PCI class code, such as 0x020000; 0: unknown */
    char obstacle[160];  /* why its VFs cannot serve pairs; empty if they can */
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

/* Something that could not be read, or a state directory without space. The rest of the inventory is valid. */
struct usvf_problem {
    bool storage; /* the space of the state directory */
    char subject[64];
    char message[256];
};

struct usvf_inventory {
    struct usvf_pf *pfs; /* ordered by address */
    size_t pf_count;
    struct usvf_problem *problems;
    size_t problem_count;
};

/*
 * Reads every PF with its VFs. The caller frees the result. Needs no privileges.
 */
USVF_API int usvf_inventory_read(const struct usvf_roots *roots, struct usvf_inventory **inventory, struct usvf_error *error);
USVF_API void usvf_inventory_free(struct usvf_inventory *inventory);

/* The VF with an address and its PF, or NULL. Both live as long as the inventory. */
USVF_API const struct usvf_vf *usvf_inventory_find(
    const struct usvf_inventory *inventory, struct usvf_address address, const struct usvf_pf **pf);

/*
 * Leases a VF to an owner. USVF_REFUSED if it is not free. The same owner gets its lease again, with the same number.
 *
 * owner: 1 to 1023 printable characters without blanks. ttl: time to live in seconds, 0: no limit.
 */
USVF_API int usvf_lease_take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error);

/*
 * As usvf_lease_take(), and also leases a VF that is foreign only because it is bound to vfio-pci: an administrator has reserved
 * it for VMs. USVF_REFUSED if a program has it open, or if that cannot be determined. It stays bound after its release.
 */
USVF_API int usvf_lease_adopt(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error);

/*
 * The calls below need the owner and the fencing number of the lease; USVF_REFUSED if the VF has another lease.
 * Before the first change of a VF its settings are saved on disk.
 */
struct usvf_holder {
    const char *owner;
    uint64_t fencing;
};

/*
 * Sets the known values of the settings (USVF_UNKNOWN and has_mac = false leave a value unchanged) and reads them back.
 * USVF_FAILED names the first value that differs.
 */
USVF_API int usvf_configure(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error);

/*
 * Sets the VF up whole: as usvf_configure(), and each other value that the driver reports to what the kernel sets for a new
 * VF: VLAN and QoS 0, 802.1Q, trust off, spoof check on if the driver can set it, link state as the PF, no rates.
 */
USVF_API int usvf_set_up(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error);

/*
 * Binds a VF to vfio-pci. On failure its original driver is restored.
 *
 * user, group: the new owner of /dev/vfio/GROUP, or -1 for no change
 */
USVF_API int usvf_bind(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, int64_t user,
    int64_t group, struct usvf_error *error);

/* Binds a VF to its original driver again; its settings stay. */
USVF_API int usvf_unbind(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

/*
 * Starts or ends forwarding to the standby NIC: the PF passes frames for the VF's MAC to the bridge above it too. Needed
 * while a guest does not use the VF, because the PF would keep these frames for the VF. Learned entries of the MAC are
 * deleted from all bridges.
 */
USVF_API int usvf_forwarding(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, bool on,
    struct usvf_error *error);

/*
 * Sets the number of VFs of a PF. USVF_REFUSED if it has VFs that are not free: the kernel removes all before it creates
 * others.
 */
USVF_API int usvf_create(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error);

/*
 * Restores a VF, or the number of VFs of a PF, to what it was before the first change, with or without a lease; also after
 * a crash during a change. A record of an earlier boot is ignored.
 */
USVF_API int usvf_restore(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* Restores a VF and ends its lease. USVF_OK if the lease does not exist any more. */
USVF_API int usvf_release(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

/* Restores every VF that was changed and has no lease, or an expired one. */
USVF_API int usvf_restore_stale(const struct usvf_roots *roots, unsigned *restored, struct usvf_error *error);

/* One entry of a forwarding database. */
struct usvf_fdb_entry {
    char netdev[16];
    uint8_t mac[6];
    int vlan;  /* 0: none */
    bool self; /* on the device itself, such as a PF's filter; else on the bridge it is a port of */
};

/*
 * Adds or deletes a static entry: frames for the address leave through the port. It is no error if the entry exists
 * already, or does not exist. A learned entry is replaced; USVF_REFUSED if another port of the bridge has a fixed one, or if
 * it is an address of the bridge itself. The state before the first change is recorded.
 */
USVF_API int usvf_fdb_set(const struct usvf_roots *roots, const struct usvf_fdb_entry *entry, bool there, struct usvf_error *error);

/* Restores every entry of a device to its state before the first usvf_fdb_set(). */
USVF_API int usvf_fdb_restore(const struct usvf_roots *roots, const char *netdev, unsigned *restored, struct usvf_error *error);

typedef void usvf_fdb_visitor(const struct usvf_fdb_entry *entry, void *context);

/* Visits every entry of a device or bridge port. */
USVF_API int usvf_fdb_visit(const char *netdev, usvf_fdb_visitor *visit, void *context, struct usvf_error *error);

/* A change that was reported; the reader reads the inventory again. */
struct usvf_event {
    enum usvf_event_kind { USVF_EVENT_PCI, USVF_EVENT_LINK, USVF_EVENT_LEASE, USVF_EVENT_LOST } kind; /* LOST: some events were lost */
    char action[16];  /* add, remove, bind, unbind, change */
    char subject[64]; /* a PCI address or the name of a netdev */
};

struct usvf_watch {
    int kobjects, links, records; /* to be polled for reading; records is -1 where leases cannot be watched */
    int folder;                   /* internal: the state directory among the records; -1 if it does not exist */
    char state[256];              /* internal: path of the state directory */
};

/* Opens a watch, which the caller closes. Needs no privileges. */
USVF_API int usvf_watch_open(const struct usvf_roots *roots, struct usvf_watch *watch, struct usvf_error *error);

/* Reads the next pending event of a PCI function, of a netdev with hardware, or of a lease. False if there is none: poll again. */
USVF_API bool usvf_watch_next(struct usvf_watch *watch, struct usvf_event *event);

USVF_API void usvf_watch_close(struct usvf_watch *watch);

#endif
