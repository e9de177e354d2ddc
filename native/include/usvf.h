// SPDX-License-Identifier: Apache-2.0
/**
 * libusvf: the SR-IOV functions of this machine. Reads sysfs and netlink, sets what a PF administers for its VFs, binds
 * drivers, edits forwarding databases, and keeps leases.
 *
 * Calls return 0 or a `usvf_code`, and fill the error that the caller passed (never NULL) if it is not 0. All block
 * for as long as the kernel does; only changes of one function wait for each other, across processes. A host may be used
 * from several threads at once, a watch from one. No call writes to a terminal, changes the environment, the locale or
 * signal handlers, or keeps state outside of what it was given.
 *
 * "Not known" is a value of its own everywhere: -1 of a number, an empty text, `present` of an address.
 */
#ifndef USVF_H
#define USVF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USVF_API __attribute__((visibility("default")))

/** What went wrong. The values never change: `understudy-vf` ends with them. */
enum usvf_code {
    USVF_OK = 0,
    USVF_IO = 1,            /**< the system failed in a way that has no code of its own; `system` tells */
    USVF_INVALID = 2,       /**< an argument is out of its range */
    USVF_NOT_FOUND = 3,     /**< there is no such function, device, lease or entry (any more) */
    USVF_NOT_PERMITTED = 4, /**< the caller lacks a right: a capability, a file permission, a line in the ACL */
    USVF_UNSUPPORTED = 5,   /**< driver, kernel or machine cannot do it (no IOMMU, no such setting) */
    USVF_BUSY = 6,          /**< refused, because the host or somebody else uses the function */
    USVF_TAKEN = 7,         /**< leased to somebody else, or no candidate is free */
    USVF_FENCED = 8,        /**< the lease that the caller names is not the one in force */
    USVF_FAULT = 9,         /**< the function is quarantined, or has been by this call: it could not be restored */
    USVF_UNVERIFIED = 10,   /**< the kernel said yes, and reading back shows something else */
    USVF_NO_MEMORY = 11,
};

/** Filled by the callee. */
struct usvf_error {
    int code;       /**< enum usvf_code */
    int system;     /**< errno of the call that failed, 0 if none did */
    char text[256]; /**< one sentence for people that names object and value; never to be parsed */
};

/** Name of a code in JSON, such as "busy"; "io" for a number that is none. Static. */
USVF_API const char *usvf_code_name(int code);

struct usvf_pci {
    uint32_t domain;
    uint8_t bus, device, function;
};

#define USVF_PCI_TEXT 20
#define USVF_MAC_TEXT 18

/** Reads "0000:01:10.0"; nothing may be missing or follow. False if it is none. */
USVF_API bool usvf_pci_parse(const char *text, struct usvf_pci *address);
USVF_API void usvf_pci_format(struct usvf_pci address, char text[USVF_PCI_TEXT]);
USVF_API int usvf_pci_compare(struct usvf_pci a, struct usvf_pci b);

struct usvf_mac {
    uint8_t bytes[6];
    bool present;
};

/** Reads "52:54:00:aa:00:01", in either case. False if it is none. */
USVF_API bool usvf_mac_parse(const char *text, struct usvf_mac *mac);
USVF_API void usvf_mac_format(struct usvf_mac mac, char text[USVF_MAC_TEXT]);

/* ---- the host ------------------------------------------------------------------------------------------------- */

struct usvf_host;

/** Where a host is read. Zeroes mean this machine. Texts are copied. */
struct usvf_host_options {
    const char *root;  /**< stands for "/": sys, proc and run are looked up below it. NULL: "/". Tests pass a tree */
    const char *state; /**< state directory, made if it is not there (0700). NULL: /var/lib/understudy/vf; not below root */
    const char *links; /**< a file with the answer to RTM_GETLINK, to be read instead of asking the kernel. NULL: ask */
    bool no_links;     /**< do not ask the kernel about network devices: names come from sysfs, settings are not known */
};

/**
 * Opens a host. The state directory is touched at the first call that needs it.
 * Errors: NOT_FOUND (no root), NO_MEMORY, IO.
 */
USVF_API int usvf_host_open(const struct usvf_host_options *options, struct usvf_host **host, struct usvf_error *error);
/** Frees the host; NULL is allowed. Inventories outlive it, watches do not. */
USVF_API void usvf_host_close(struct usvf_host *host);

/* ---- inventory ------------------------------------------------------------------------------------------------ */

enum usvf_state {
    USVF_FREE = 0,   /**< it can be leased now */
    USVF_LEASED = 1, /**< a lease is in force */
    USVF_IN_USE = 2, /**< the host uses it: its network device is up or has a master */
    USVF_FOREIGN = 3 /**< a process, libvirt or an unknown driver has it, and we did not give it */,
    USVF_QUARANTINED = 4, /**< it is set aside with a reason, or its files cannot be read */
};

/** Name in JSON: free, leased, in-use, foreign, fault. */
USVF_API const char *usvf_state_name(int state);

enum usvf_link_state { USVF_LINK_AUTO = 0, USVF_LINK_ENABLE = 1, USVF_LINK_DISABLE = 2 };

/** What a PF administers for a VF. -1 or not present: not known in an inventory, leave as it is in a request. */
struct usvf_settings {
    struct usvf_mac mac;
    int32_t vlan;       /**< 0 (none) to 4094 */
    int32_t qos;        /**< 0 to 7, only together with a VLAN */
    int32_t vlan_proto; /**< 0x8100 or 0x88a8 */
    int32_t trust;      /**< 0 or 1 */
    int32_t spoof_check;
    int32_t link_state; /**< enum usvf_link_state */
    int64_t min_rate;   /**< Mbit/s; 0: none */
    int64_t max_rate;   /**< Mbit/s; 0: no limit */
};

/** All of it "not known" or "leave as it is". */
USVF_API void usvf_settings_init(struct usvf_settings *settings);

struct usvf_lease {
    struct usvf_pci vf;
    uint64_t fencing;   /**< grows with each new lease of this host, and survives its restart; never 0 */
    int64_t ttl;        /**< seconds as asked for; 0: until it is released */
    int64_t remaining;  /**< seconds; -1 if it does not expire */
    char owner[128];    /**< the management server */
    char vm[128];
    char primary[64];   /**< alias of the NIC that it is for; may be empty */
};

/** One PF or VF. Source: sysfs of the PCI device, RTM_NEWLINK with RTEXT_FILTER_VF, the state directory. */
struct usvf_function {
    struct usvf_pci address;
    bool is_vf;
    struct usvf_pci pf;      /**< its PF; of a PF its own address */
    int32_t index;           /**< of a VF: its number on the PF (virtfnN); of a PF -1 */
    int32_t pf_index;        /**< number of the PF on its card, from phys_port_name ("p0pf1") */
    int32_t vendor, device;  /**< PCI IDs */
    char driver[64];         /**< empty: none */
    bool driver_known;
    char netdev[16];         /**< its own network device on the host; empty: none that can be seen from here */
    int32_t ifindex;
    char switch_id[68];      /**< hexadecimal; empty: none or not known */
    char port_name[16];      /**< phys_port_name */
    int32_t total_vfs;       /**< of a PF */
    int32_t num_vfs;         /**< of a PF */
    struct usvf_mac own_mac; /**< of its network device */
    struct usvf_settings settings; /**< of a VF, as its PF administers them */
    int32_t mtu, up, carrier;
    int32_t master;          /**< ifindex of its bridge or bond; 0: none */
    int32_t numa_node;
    int32_t iommu_group;     /**< -1: none (IOMMU off), see iommu_known */
    bool iommu_known;
    size_t members;          /**< first of its group in usvf_inventory.members */
    size_t member_count;     /**< itself included; 0 if it has no group */
    int32_t vfio;            /**< whether vfio-pci can take it: 1, 0, -1 */
    char vfio_reason[128];   /**< why not, or why that is not known */
    int32_t pid;             /**< a process that has its VFIO device open; 0: none, -1: not known */
    bool libvirt;            /**< libvirt holds it for a running domain */
    bool changed;            /**< we have changed it and can restore it */
    int32_t state;           /**< enum usvf_state; of a PF FREE, IN_USE or QUARANTINED */
    char reason[192];        /**< why it is in this state; empty for a free one */
    bool leased;             /**< whether `lease` is filled; true for an expired lease as well (remaining 0) */
    struct usvf_lease lease;
};

/** Something that was wrong with one function, and did not stop the inventory. */
struct usvf_problem {
    struct usvf_pci address;
    bool has_address;  /**< false: it concerns the host */
    char code[32];     /**< such as "driver-unreadable"; stable */
    char text[192];
};

/** Owned by the caller; by address, each PF before its VFs if their addresses say so. */
struct usvf_inventory {
    struct usvf_function *functions;
    size_t function_count;
    struct usvf_problem *problems;
    size_t problem_count;
    struct usvf_pci *members; /**< of all IOMMU groups, see usvf_function */
    size_t member_count;
};

/**
 * Reads all PFs and VFs: one pass through sysfs with about five system calls per VF, and one RTM_GETLINK dump. A function
 * whose files are broken or vanish meanwhile is in the list with a problem, as far as it could be read.
 * Errors: NOT_FOUND (no PCI bus in sysfs), NO_MEMORY, IO.
 */
USVF_API int usvf_inventory_read(struct usvf_host *host, struct usvf_inventory *inventory, struct usvf_error *error);
/** Frees what the inventory holds; harmless if repeated. */
USVF_API void usvf_inventory_free(struct usvf_inventory *inventory);
/** The function with this address, owned by the inventory; NULL if there is none. */
USVF_API const struct usvf_function *usvf_inventory_find(const struct usvf_inventory *inventory, struct usvf_pci address);
/** The inventory as `understudy-vf list --json` prints it. The caller frees the text. Errors: NO_MEMORY. */
USVF_API int usvf_inventory_json(const struct usvf_inventory *inventory, char **text, size_t *length, struct usvf_error *error);

/* ---- changes: each records what was before, and usvf_restore takes it back -------------------------------------- */

/**
 * Writes settings of a VF and reads them back. All or nothing: if one is refused, those before it are taken back. A MAC of
 * zeroes that the driver refuses is replaced by the locally administered 02:00:00:00:00:00, as libvirt does.
 *
 * @param fencing of the lease that allows it; 0 if the VF is not leased
 * Errors: INVALID, NOT_FOUND, NOT_PERMITTED, UNSUPPORTED (the driver lacks a setting), UNVERIFIED, FENCED, FAULT, IO.
 */
USVF_API int usvf_configure(struct usvf_host *host, struct usvf_pci vf, uint64_t fencing,
                            const struct usvf_settings *settings, struct usvf_error *error);

/**
 * Sets the number of VFs of a PF (sriov_numvfs) and waits until they are there.
 * Errors: INVALID (more than it can), NOT_FOUND, NOT_PERMITTED, BUSY (it has VFs, and one is leased, up or held), UNVERIFIED, IO.
 */
USVF_API int usvf_create_vfs(struct usvf_host *host, struct usvf_pci pf, int count, struct usvf_error *error);

/**
 * Binds a VF to vfio-pci by driver_override and verifies it. Harmless if it is bound to it already. If it fails, the
 * driver of before is bound again.
 * Errors: NOT_FOUND, NOT_PERMITTED, UNSUPPORTED (no IOMMU group, no vfio-pci), BUSY (its network device is up, has a master or a
 * route; a process or libvirt has it; something live shares its group), FENCED, FAULT, UNVERIFIED, IO.
 */
USVF_API int usvf_bind(struct usvf_host *host, struct usvf_pci vf, uint64_t fencing, struct usvf_error *error);

/**
 * Takes a VF from vfio-pci and gives it back to the driver of before; without a record of that, to the one that the kernel
 * chooses. Settings stay. Harmless if it is not bound to vfio-pci. Errors: as usvf_bind; BUSY while a process has it open.
 */
USVF_API int usvf_unbind(struct usvf_host *host, struct usvf_pci vf, uint64_t fencing, struct usvf_error *error);

/**
 * Makes a function exactly what it was before our first change, also after a crash in the middle of one, and forgets the
 * record. Harmless without a record. A record of before the last boot is only forgotten, as nothing is left of it. Ends
 * the quarantine of a function if all can be restored. Leases are not touched; `fencing` as above.
 * Errors: BUSY (a process or libvirt has it), FENCED, FAULT (it is quarantined now), NOT_PERMITTED, IO.
 */
USVF_API int usvf_restore(struct usvf_host *host, struct usvf_pci function, uint64_t fencing, struct usvf_error *error);

/** Sets a function aside until usvf_restore succeeds. Errors: INVALID, NOT_PERMITTED, IO. */
USVF_API int usvf_quarantine(struct usvf_host *host, struct usvf_pci function, const char *reason, struct usvf_error *error);

/* ---- leases --------------------------------------------------------------------------------------------------- */

/**
 * Leases the first free one of some VFs, atomically among processes. If owner, vm and primary hold one of them already,
 * that lease is renewed and returned with its fencing number.
 *
 * @param request owner, vm, primary (printable, no blanks) and ttl (0 to 31536000); the rest is ignored
 * Errors: INVALID, TAKEN (none is free), NOT_PERMITTED, IO, NO_MEMORY.
 */
USVF_API int usvf_lease_take(struct usvf_host *host, const struct usvf_pci *candidates, size_t count,
                             const struct usvf_lease *request, struct usvf_lease *lease, struct usvf_error *error);

/**
 * Ends a lease. Restores nothing: call usvf_restore first.
 * Errors: NOT_FOUND (it is not leased), FENCED (leased anew meanwhile), NOT_PERMITTED, IO.
 */
USVF_API int usvf_lease_release(struct usvf_host *host, struct usvf_pci vf, uint64_t fencing, struct usvf_error *error);

/* ---- forwarding databases ------------------------------------------------------------------------------------- */

enum usvf_fdb_table {
    USVF_FDB_SELF = 0,   /**< filter of the device itself (a PF) */
    USVF_FDB_MASTER = 1, /**< the bridge whose port the device is */
};

struct usvf_fdb_entry {
    char device[16];
    struct usvf_mac mac;
    int32_t vlan;  /**< 1 to 4094; 0: without one */
    int32_t table; /**< enum usvf_fdb_table */
    bool permanent;
};

/**
 * Adds a permanent entry. Harmless if it is there. Errors: INVALID, NOT_FOUND (no such device), NOT_PERMITTED, UNSUPPORTED, BUSY (a learned or
 * foreign entry for the address cannot be replaced), IO.
 */
USVF_API int usvf_fdb_add(struct usvf_host *host, const struct usvf_fdb_entry *entry, struct usvf_error *error);
/** Deletes an entry. Errors: as above; NOT_FOUND also if there is no such entry. */
USVF_API int usvf_fdb_delete(struct usvf_host *host, const struct usvf_fdb_entry *entry, struct usvf_error *error);
/** Entries of a device, in both tables. The caller frees the array. Errors: NOT_FOUND, NO_MEMORY, IO. */
USVF_API int usvf_fdb_query(struct usvf_host *host, const char *device, struct usvf_fdb_entry **entries, size_t *count,
                            struct usvf_error *error);

/* ---- watch ---------------------------------------------------------------------------------------------------- */

enum usvf_event_type {
    USVF_EVENT_LOST = 0,     /**< the kernel dropped some: read the inventory again */
    USVF_EVENT_ADDED = 1,    /**< a PCI function appeared */
    USVF_EVENT_REMOVED = 2,
    USVF_EVENT_BOUND = 3,    /**< to `name` */
    USVF_EVENT_UNBOUND = 4,
    USVF_EVENT_LINK = 5,     /**< a network device appeared or changed; `name`, ifindex, up, carrier; address if the kernel tells */
    USVF_EVENT_LINK_GONE = 6,
};

/** Name in JSON: lost, added, removed, bound, unbound, link, link-gone. */
USVF_API const char *usvf_event_name(int type);

struct usvf_event {
    int32_t type; /**< enum usvf_event_type */
    struct usvf_pci address;
    bool has_address;
    char name[64]; /**< driver or network device */
    int32_t ifindex, up, carrier; /**< of LINK and LINK_GONE, else -1 */
};

struct usvf_watch;

/** Starts to listen; what happens from now on is reported. Errors: NOT_PERMITTED, IO, NO_MEMORY. */
USVF_API int usvf_watch_open(struct usvf_host *host, struct usvf_watch **watch, struct usvf_error *error);
/** Becomes readable when there may be an event; owned by the watch. To end a waiting thread, poll a second descriptor. */
USVF_API int usvf_watch_fd(const struct usvf_watch *watch);
/** Does not block. 1: an event, 0: none now, -1: error is filled. PCI events are those of all functions, not of SR-IOV ones alone. */
USVF_API int usvf_watch_next(struct usvf_watch *watch, struct usvf_event *event, struct usvf_error *error);
USVF_API void usvf_watch_close(struct usvf_watch *watch);

#ifdef __cplusplus
}
#endif
#endif
