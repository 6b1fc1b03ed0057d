/* SPDX-FileCopyrightText: © 2026 The ttmem authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The allocation client: what an application, or libtt_metal.so, calls to have its device memory seen.
 *
 * Every report is written into one shared-memory ledger that belongs to this process (docs/ledger-format.md); there is
 * no server, no socket and nothing that blocks. The ledger is made at the first report, never before.
 *
 * Switch:   tracking is on when TT_ALLOC_TRACKING_ENABLED=1 is in the environment as the library is loaded. Off, a
 *           report is one predictable branch.
 * Threads:  every function may be called from any thread at any time, also while others allocate. None may be called
 *           from a signal handler that interrupted one of them (such a report is dropped and counted in the ledger).
 * Fork:     a child gets a ledger of its own at its first allocation; frees of what it inherited are ignored there.
 * Errors:   none is returned and nothing is thrown. Where tracking is impossible one line is written to stderr,
 *           tracking goes off and the application goes on. errno is kept.
 * Units:    bytes. Sizes are for ONE device of the set that a buffer lies on.
 */
#ifndef TT_ALLOC_CLIENT_H
#define TT_ALLOC_CLIENT_H

#include <stdint.h>

#if defined(TT_ALLOC_STATIC)
#define TT_ALLOC_API
#else
#define TT_ALLOC_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a function or field is added; callers compiled against an older one keep working. */
#define TT_ALLOC_CLIENT_ABI 6u

/* "No such thing": an unknown device index, allocator handle, or "the allocator's own value". */
#define TT_ALLOC_NONE 0xffffffffu

/* tt-metal's BufferType. */
enum {
    TT_ALLOC_DRAM = 0,
    TT_ALLOC_L1 = 1,
    TT_ALLOC_SYSTEM_MEMORY = 2,
    TT_ALLOC_L1_SMALL = 3,
    TT_ALLOC_TRACE = 4,
    TT_ALLOC_BUFFER_TYPES = 5
};

/* Kernel types of report_kernel_load. */
enum { TT_ALLOC_KERNEL_APPLICATION = 0, TT_ALLOC_KERNEL_FABRIC = 1, TT_ALLOC_KERNEL_DISPATCH = 2 };

/* How a buffer came to its address. */
enum {
    TT_ALLOC_ROLE_ALLOCATED = 0, /* the device's allocator gave it the bytes: counts in the totals */
    TT_ALLOC_ROLE_FIXED =
        1, /* made at an address the caller chose: a view or a pre-allocated buffer, never in totals */
    TT_ALLOC_ROLE_HOOKED = 2 /* a capture without dispatch took the request: no bytes were taken, never in totals */
};

enum { TT_ALLOC_LAYOUT_UNKNOWN = 0, TT_ALLOC_LAYOUT_INTERLEAVED = 1, TT_ALLOC_LAYOUT_SHARDED = 2 };

enum {
    TT_ALLOC_BUFFER_KERNEL_BINARIES = 1u << 0, /* holds programs' kernels, for the dispatcher to fetch */
    TT_ALLOC_BUFFER_WHILE_TRACED =
        1u << 1, /* made while a trace of its device was alive, whose replay may overwrite it */
    /* Since ABI 5: buffers that do not lie in every bank (tt_alloc_buffer_allocated_on). `banks` is then the number of
     * their cores, and `address` the lowest. */
    TT_ALLOC_BUFFER_PER_CORE = 1u << 3,       /* an address of its own on each core */
    TT_ALLOC_BUFFER_RANGE_LOCKSTEP = 1u << 4, /* one address, on its cores alone */
    TT_ALLOC_BUFFER_BANKLESS = 1u << 5        /* some of its cores are in no bank */
};

/* Architectures, numbered as tt-metal's ARCH. */
enum {
    TT_ALLOC_ARCH_UNKNOWN = 0,
    TT_ALLOC_ARCH_GRAYSKULL = 1,
    TT_ALLOC_ARCH_WORMHOLE_B0 = 2,
    TT_ALLOC_ARCH_BLACKHOLE = 3,
    TT_ALLOC_ARCH_QUASAR = 4
};

enum {
    TT_ALLOC_DEVICE_MOCK = 1u << 0,      /* has no hardware */
    TT_ALLOC_DEVICE_UNIQUE_ID = 1u << 1, /* unique_id was read from the device and names this chip everywhere */
    TT_ALLOC_DEVICE_REMOTE = 1u << 2     /* reached over ethernet, has no PCI function of its own */
};

/* One chip. Text is UTF-8, terminated; empty = unknown. Integers whose unknown value is 0 say so. */
typedef struct tt_alloc_device {
    uint32_t struct_size; /* sizeof(tt_alloc_device) of the caller */
    int32_t logical_id;   /* tt-metal's device id */
    uint64_t unique_id;   /* valid with TT_ALLOC_DEVICE_UNIQUE_ID */
    uint32_t flags;
    uint32_t arch;
    uint64_t board_id; /* 0 unknown */
    char board[32];    /* "n150", "p150", ... */
    char pci[16];      /* "0000:01:00.0" */
    uint64_t dram_channel_bytes;
    uint64_t l1_core_bytes;
    uint32_t dram_channels; /* 0 unknown */
    uint32_t l1_cores;      /* worker cores with an L1 of l1_core_bytes; 0 unknown */
    uint32_t l1_columns;    /* they are a grid of so many columns; 0 unknown. Since ABI 4 */
} tt_alloc_device;

/* The banks of one buffer type of one allocator. banks 0 = the allocator has none of this type. */
typedef struct tt_alloc_banks {
    uint64_t bank_bytes;   /* what the allocator may hand out in each bank */
    uint64_t base_address; /* lowest address it hands out */
    uint32_t banks;
    uint32_t alignment;
} tt_alloc_banks;

/* One tt-metal allocator: a device's, a mesh's or a submesh's. */
typedef struct tt_alloc_allocator {
    uint32_t struct_size;
    int32_t mesh_id;         /* tt-metal's mesh id, -1 for a single device's allocator */
    uint32_t parent;         /* handle of the parent mesh's allocator, or TT_ALLOC_NONE */
    uint32_t device_count;   /* how many indexes `devices` holds */
    const uint32_t* devices; /* indexes that tt_alloc_describe_device gave; read during the call only */
    tt_alloc_banks banks[TT_ALLOC_BUFFER_TYPES];
    /* Since ABI 5; a struct_size without them means lockstep. */
    uint32_t mode;     /* TT_ALLOC_MODE_... */
    uint32_t reserved; /* zero */
} tt_alloc_allocator;

/* How an allocator places buffers: at one address in every bank; or, in tt-metal's HYBRID mode, also on single cores,
 * by the mesh's allocator and by those of its devices, which keep clear of each other. */
enum { TT_ALLOC_MODE_LOCKSTEP = 0, TT_ALLOC_MODE_HYBRID = 1 };

/* One buffer. */
typedef struct tt_alloc_buffer {
    uint64_t id;              /* unique among this process's live buffers; below 2^63 */
    uint64_t address;         /* device address (bank-relative, as tt-metal gives it) */
    uint64_t requested_bytes; /* what was asked for, on each device */
    uint64_t bytes_per_bank;  /* what was taken in each bank */
    uint32_t allocator;       /* handle */
    uint32_t banks;           /* banks it takes bytes in; allocated bytes = bytes_per_bank x banks */
    uint32_t page_bytes;      /* 0 unknown */
    uint32_t device;          /* TT_ALLOC_NONE: every device of the allocator; else one device's index */
    uint8_t type;             /* TT_ALLOC_DRAM ... */
    uint8_t role;             /* TT_ALLOC_ROLE_... */
    uint8_t layout;           /* TT_ALLOC_LAYOUT_... */
    uint8_t flags;            /* TT_ALLOC_BUFFER_... (since ABI 3; zero before) */
    uint16_t used_banks;      /* banks that hold bytes of it; 0 unknown. Since ABI 5 */
    uint8_t reserved[2];      /* zero */
} tt_alloc_buffer;

/* --- Programs, circular buffers and kernels (since ABI 2) --------------------------------------------------------- */

/* A rectangle of logical worker cores, both ends inside. Coordinates are below 64. */
typedef struct tt_alloc_core_range {
    uint16_t start_x, start_y, end_x, end_y;
} tt_alloc_core_range;

/* Where a buffer lies on a core that has an address of its own. Since ABI 5. */
typedef struct tt_alloc_core_address {
    uint16_t x, y;
    uint32_t device; /* index */
    uint64_t address;
} tt_alloc_core_address;

/* The cores that a buffer lies on. Since ABI 5. All is read during the call only. */
typedef struct tt_alloc_buffer_cores {
    uint32_t struct_size;
    uint32_t core_ranges;
    const tt_alloc_core_range* cores;
    const tt_alloc_core_address* addresses; /* of each core, where they differ; else null */
    uint32_t address_count;
    uint32_t reserved; /* zero */
} tt_alloc_buffer_cores;

enum {
    TT_ALLOC_CB_GLOBAL = 1u << 0,    /* lies in a buffer that is reported as one */
    TT_ALLOC_CB_ALIAS = 1u << 1,     /* shares the memory of another one of its program */
    TT_ALLOC_CB_BORROWED = 1u << 2,  /* lies in tensor memory */
    TT_ALLOC_CB_DATAFLOW = 1u << 3,  /* a dataflow buffer */
    TT_ALLOC_CB_SCRATCHPAD = 1u << 4 /* a kernel's scratchpad */
};

/* A circular or dataflow buffer of a program, or a scratchpad of one of its kernels. */
typedef struct tt_alloc_circular_buffer {
    uint64_t id;
    uint64_t address;
    uint64_t bytes;                   /* on each core */
    const tt_alloc_core_range* cores; /* read during the call only */
    uint32_t core_ranges;
    uint32_t flags; /* TT_ALLOC_CB_... */
} tt_alloc_circular_buffer;

enum { TT_ALLOC_FORMAT_UNKNOWN = 0xff };

/* By which numbers a program's kernels call a circular buffer. Since ABI 6. */
typedef struct tt_alloc_circular_buffer_use {
    uint64_t index_mask; /* bit n: it is the program's circular buffer number n; 0 unknown */
    uint8_t data_format; /* tt-metal's DataFormat of the lowest of these, TT_ALLOC_FORMAT_UNKNOWN unknown */
    uint8_t reserved[7]; /* zero */
} tt_alloc_circular_buffer_use;

enum { TT_ALLOC_PROCESSOR_DATA_MOVEMENT = 1, TT_ALLOC_PROCESSOR_COMPUTE = 2, TT_ALLOC_PROCESSOR_ETHERNET = 3 };

typedef struct tt_alloc_kernel {
    uint64_t id;
    const char* name; /* UTF-8, terminated; read during the call only */
    const tt_alloc_core_range* cores;
    uint32_t core_ranges;
    uint32_t packed_bytes; /* on each core, all its binaries; TT_ALLOC_NONE unknown */
    uint8_t processor;     /* TT_ALLOC_PROCESSOR_... */
    uint8_t type;          /* TT_ALLOC_KERNEL_... */
    uint16_t core_type;    /* 0 Tensix, 1 active ethernet, 2 idle ethernet */
    uint32_t reserved;     /* zero */
} tt_alloc_kernel;

enum {
    TT_ALLOC_PROGRAM_BUFFERS_UNKNOWN =
        1u << 0 /* it has, or may have, circular or dataflow buffers or scratchpads beyond those listed */
};

/* A program: what a launch puts on the cores of its devices. */
typedef struct tt_alloc_program {
    uint32_t struct_size;
    uint32_t allocator; /* handle; TT_ALLOC_NONE (since ABI 3): none is open yet over its one `device` */
    uint64_t id;        /* tt-metal's */
    uint32_t device;    /* TT_ALLOC_NONE: every device of the allocator, or `devices`; else one device's index */
    uint8_t type;       /* TT_ALLOC_KERNEL_... */
    uint8_t flags;      /* TT_ALLOC_PROGRAM_... */
    uint8_t reserved[2];
    const tt_alloc_circular_buffer* circular_buffers;
    const tt_alloc_kernel* kernels;
    uint32_t circular_buffer_count;
    uint32_t kernel_count;
    uint64_t config_bytes; /* what it takes in the kernel-config ring of a core, UINT64_MAX unknown */
    /* Since ABI 3; a struct_size without them means none. */
    const uint32_t* devices; /* indexes of the devices that it runs on where these are only some of the allocator's */
    uint32_t device_count;   /* 0: as `device` says */
    uint32_t reserved2;      /* zero */
    /* Since ABI 6; a struct_size without it means none. */
    const tt_alloc_circular_buffer_use* circular_buffer_uses; /* one for each of circular_buffers, or null */
} tt_alloc_program;

/* Circular buffers that would have run into a buffer. */
typedef struct tt_alloc_clash {
    uint32_t struct_size;
    uint32_t allocator;
    uint64_t program_id;
    uint64_t buffer_id;      /* UINT64_MAX: whichever is known to begin at buffer_address */
    uint64_t end_address;    /* where the circular buffers would have ended */
    uint64_t buffer_address; /* where the buffer begins */
    const tt_alloc_core_range* cores;
    uint32_t core_ranges;
    uint32_t reserved;
    const char*
        kernels; /* since ABI 3: names of the program's kernels, ", " between them; UTF-8, terminated, or null */
} tt_alloc_clash;

/* --- Regions and kernel-config rings (since ABI 3) ---------------------------------------------------------------- */

/* The use of an address range that is no buffer. */
enum {
    TT_ALLOC_REGION_FIRMWARE = 1,    /* below what programs may use: firmware, mailboxes, barriers */
    TT_ALLOC_REGION_CONFIG_RING = 2, /* kernels, their arguments and semaphores of the programs launched last */
    TT_ALLOC_REGION_DISPATCH = 3,    /* whole cores that run tt-metal's dispatch */
    TT_ALLOC_REGION_ALLOCATOR = 4,   /* what the allocator hands out as DRAM or L1 */
    TT_ALLOC_REGION_L1_SMALL = 5,
    TT_ALLOC_REGION_TRACE = 6,
    TT_ALLOC_REGION_ARENA = 7,       /* the persistent L1 arena's, within the allocator's range */
    TT_ALLOC_REGION_UNUSED = 8,      /* in the address range, in no bank */
    TT_ALLOC_REGION_SERVICE_CORE = 9 /* given out by the service core manager, on a core without a bank. Since ABI 5 */
};

/* Where the region's bounds were read from. */
enum {
    TT_ALLOC_SOURCE_UNKNOWN = 0,
    TT_ALLOC_SOURCE_HAL = 1,         /* the hardware abstraction layer */
    TT_ALLOC_SOURCE_ALLOCATOR = 2,   /* the allocator's accessors */
    TT_ALLOC_SOURCE_CONFIG_RING = 3, /* what the ring's manager was made with */
    TT_ALLOC_SOURCE_DISPATCH = 4,    /* the dispatch core manager */
    TT_ALLOC_SOURCE_ARENA = 5,       /* what the arena gave out */
    TT_ALLOC_SOURCE_HAL_TO_BASE = 6, /* begins where the HAL says, ends where the allocator says that it begins */
    TT_ALLOC_SOURCE_SERVICE_CORE = 7 /* what the service core manager gave out. Since ABI 5 */
};

/* A stretch of the address range of a core's L1 or of a DRAM bank. */
typedef struct tt_alloc_region {
    uint32_t struct_size;
    uint32_t allocator; /* handle; the region goes with it */
    uint64_t address;
    uint64_t bytes;
    uint32_t device;                  /* TT_ALLOC_NONE: every device of the allocator; else one device's index */
    uint8_t type;                     /* TT_ALLOC_REGION_... */
    uint8_t source;                   /* TT_ALLOC_SOURCE_... */
    uint8_t buffer_type;              /* TT_ALLOC_DRAM: in each DRAM bank; TT_ALLOC_L1: in the L1 of each core */
    uint8_t reserved;                 /* zero */
    const tt_alloc_core_range* cores; /* read during the call only */
    uint32_t core_ranges;             /* 0: every core or bank */
    uint32_t reserved2;               /* zero */
} tt_alloc_region;

/* The ring of L1 that launches put kernels and their arguments into: one for each sub-device and core type of an
 * allocator. */
typedef struct tt_alloc_config_ring {
    uint32_t struct_size;
    uint32_t allocator; /* handle; the ring goes with it */
    uint64_t base_address;
    uint64_t capacity_bytes; /* on each core */
    uint8_t sub_device;
    uint8_t core_type;   /* 0 Tensix, 1 active ethernet, 2 idle ethernet */
    uint8_t reserved[6]; /* zero */
} tt_alloc_config_ring;

enum { TT_ALLOC_RING_TRACE = 1u << 0 /* marked full for a trace: what it holds is unknown */ };

/* The contents of a ring now, as the host knows them: the device may lag, and bytes that may be reused are still there.
 */
typedef struct tt_alloc_config_ring_fill {
    uint64_t used_bytes; /* on each core */
    uint64_t evictions;  /* launches pushed out since the ring was made */
    uint32_t launches;   /* whose configuration is in it */
    uint32_t flags;      /* TT_ALLOC_RING_... */
} tt_alloc_config_ring_fill;

/* 1 while tracking is on in this process. Read it; do not write it. */
extern TT_ALLOC_API int tt_alloc_tracking_on;

/* --- The proof of concept's six reports ----------------------------------------------------------------------------
 * Keys are (device_id, address), (device_id, cb_id), (device_id, kernel_id). A second report of a live key raises its
 * count and adds no bytes; the bytes leave with the last one. A free of an unknown key is counted and ignored.
 * Totals of circular buffers and kernels are size x cores. */
TT_ALLOC_API void tt_alloc_report_allocation_(int32_t device_id, uint64_t size, uint8_t buffer_type, uint64_t address);
TT_ALLOC_API void tt_alloc_report_deallocation_(int32_t device_id, uint64_t buffer_id);
TT_ALLOC_API void tt_alloc_report_cb_allocation_(int32_t device_id, uint64_t total_size, uint64_t cb_id);
TT_ALLOC_API void tt_alloc_report_cb_deallocation_(int32_t device_id, uint64_t size, uint64_t cb_id);
TT_ALLOC_API void tt_alloc_report_kernel_load_(int32_t device_id, uint64_t total_l1, uint64_t kernel_id,
                                               uint8_t kernel_type);
TT_ALLOC_API void tt_alloc_report_kernel_unload_(int32_t device_id, uint64_t size, uint64_t kernel_id);

/* --- What hooks report ------------------------------------------------------------------------------------------- */

/* Describes a chip. The same chip (logical id and unique id) described again gives the same index. TT_ALLOC_NONE when
 * off. */
TT_ALLOC_API uint32_t tt_alloc_describe_device(const tt_alloc_device* device);

/* Says that an allocator is open. Gives its handle, TT_ALLOC_NONE when off or when there is no room for another. A
 * handle is good until tt_alloc_close_allocator; a closed one may be given again. Writes a device-open event. */
TT_ALLOC_API uint32_t tt_alloc_open_allocator(const tt_alloc_allocator* allocator);

/* Frees everything recorded with the allocator (device close, allocator reset). Cost: linear in what lives. */
TT_ALLOC_API void tt_alloc_clear_allocator(uint32_t allocator);

/* Clears the allocator and ends its handle. Writes a device-close event. */
TT_ALLOC_API void tt_alloc_close_allocator(uint32_t allocator);

/* Records a buffer. A report of an id that lives is counted as a duplicate and ignored. */
TT_ALLOC_API void tt_alloc_buffer_allocated(const tt_alloc_buffer* buffer);

/* The same of a buffer that does not lie in every bank. Since ABI 5. */
TT_ALLOC_API void tt_alloc_buffer_allocated_on(const tt_alloc_buffer* buffer, const tt_alloc_buffer_cores* cores);

/* The largest free block of a bank, as the allocator says it is now. The smallest so far is kept. Since ABI 5. */
TT_ALLOC_API void tt_alloc_largest_free(uint32_t allocator, uint32_t buffer_type, uint64_t bytes);

/* Records that it is gone. An unknown id is counted and ignored. */
TT_ALLOC_API void tt_alloc_buffer_freed(uint64_t id);

/* Records a request that the allocator refused; `id` and `address` are not looked at. largest_free_per_bank: the
 * largest free block in a bank at that moment, UINT64_MAX when unknown. */
TT_ALLOC_API void tt_alloc_allocation_failed(const tt_alloc_buffer* wanted, uint64_t largest_free_per_bank);

/* A program is on its devices now. Gives its handle, 0 when off or when there is no room. It goes with
 * tt_alloc_program_unloaded or with its allocator; a handle of one that is gone is ignored. */
TT_ALLOC_API uint64_t tt_alloc_program_loaded(const tt_alloc_program* program);
TT_ALLOC_API void tt_alloc_program_unloaded(uint64_t program);

/* The program was enqueued again. Cost: one store, whatever the program holds. */
TT_ALLOC_API void tt_alloc_program_launched(uint64_t program);

/* Its circular buffer number `index` (as it was loaded) lies elsewhere now. */
TT_ALLOC_API void tt_alloc_circular_buffer_moved(uint64_t program, uint32_t index, uint64_t address);

/* A launch was refused: circular buffers and a buffer want the same bytes. */
TT_ALLOC_API void tt_alloc_clash_refused(const tt_alloc_clash* clash);

/* Says what a stretch of addresses is. Gives a handle, 0 when off or when there is no room; the same one again gives
 * the same. It goes with its allocator, or with tt_alloc_region_gone; a handle of one that is gone is ignored. */
TT_ALLOC_API uint64_t tt_alloc_describe_region(const tt_alloc_region* region);
TT_ALLOC_API void tt_alloc_region_gone(uint64_t region);

/* Says that a ring is there, empty. Gives a handle, 0 when off or when there is no room. It goes with its allocator. */
TT_ALLOC_API uint64_t tt_alloc_describe_config_ring(const tt_alloc_config_ring* ring);

/* Reports the contents of a ring. Calls for one ring must not overlap. Cost: a few stores. */
TT_ALLOC_API void tt_alloc_config_ring_changed(uint64_t ring, const tt_alloc_config_ring_fill* fill);

/* --- Questions of this process to itself (since ABI 3) ---------------------------------------------------------------
 * Its own ledger must not be opened a second time (closing any descriptor of it would look to readers as if the process
 * had died), so these answer instead. None of them makes a ledger; without one they answer 0. */

/* The ABI of this library: TT_ALLOC_CLIENT_ABI of its header. */
TT_ALLOC_API uint32_t tt_alloc_client_abi(void);

/* 0: nothing was recorded yet, or tracking is off or impossible. Another number in a forked child, whose figures begin
 * at 0.
 */
TT_ALLOC_API uint64_t tt_alloc_own_generation(void);

/* The lowest device id that an open allocator covers, else that one ever covered; -1 none. */
TT_ALLOC_API int32_t tt_alloc_own_device(void);

typedef struct tt_alloc_own_allocator {
    uint32_t allocator; /* its number for tt_alloc_own_totals; not always the handle */
    int32_t mesh_id;
    uint32_t open;
    uint32_t single_device_rows; /* 1: some buffers lie on one device alone, so its totals are no device's own */
    uint64_t opened_ticks;       /* 0: opened more than once */
    uint64_t closed_ticks;       /* 0: open */
} tt_alloc_own_allocator;

/* The allocators, open and closed, that cover a device (a negative id: all of them). How many there are, at most 64;
 * the first `room` of them are written. */
TT_ALLOC_API uint32_t tt_alloc_own_allocators(int32_t device_id, tt_alloc_own_allocator* to, uint32_t room);

/* Accounts: 0-4 buffers that the allocator placed, by type; of the six reports 7 circular buffers, 8-10 kernels. */
typedef struct tt_alloc_own_totals_t {
    uint64_t buffers;
    uint64_t bytes; /* allocated bytes, on each device of the allocator */
    uint64_t requested_bytes;
    uint64_t peak_bytes;        /* since the process began */
    uint64_t recent_peak_bytes; /* since tt_alloc_restart_peak */
    uint64_t allocations;
    uint64_t frees;
    uint64_t allocated_bytes; /* ever */
    uint64_t freed_bytes;
    uint64_t failures;
} tt_alloc_own_totals_t;

/* Each sum is exact once the calls that change it are over; they are not of one moment while others allocate. */
TT_ALLOC_API void tt_alloc_own_totals(uint32_t allocator, uint32_t account, tt_alloc_own_totals_t* to);

/* How far buffers came since tt_alloc_restart_peak; UINT64_MAX: there was none, or it is not followed. Since ABI 5. */
typedef struct tt_alloc_own_extremes_t {
    uint64_t highest_end;    /* of buffers that grow upward, in a bank */
    uint64_t lowest_address; /* of buffers that grow downward */
    uint64_t
        least_largest_free;  /* smallest largest free block of a bank, as the allocator said at peaks and refusals */
    uint64_t least_headroom; /* of L1: smallest gap on a core between circular buffers and a buffer */
} tt_alloc_own_extremes_t;
TT_ALLOC_API void tt_alloc_own_extremes(uint32_t allocator, uint32_t account, tt_alloc_own_extremes_t* to);

/* recent_peak_bytes, and with it the extremes, start again at what is held now; gives what it was. peak_bytes, and what
 * readers see, stay. */
TT_ALLOC_API uint64_t tt_alloc_restart_peak(uint32_t allocator, uint32_t account);

/* Copies bytes of this process's ledger (docs/ledger-format.md): how many, fewer at its end. And its path, or "". */
TT_ALLOC_API uint64_t tt_alloc_own_ledger(uint64_t offset, void* to, uint64_t bytes);
TT_ALLOC_API const char* tt_alloc_own_ledger_path(void);

/* Tags what the calling thread allocates and launches from now on with a name, in the ledger and for readers that may
 * see it (the owner). 0 takes the tag off. A name's number is good for the life of the process and in its forked
 * children; 0 when there is no room for another name (65,535). set gives the number that was there before. */
TT_ALLOC_API uint32_t tt_alloc_name_context(const char* name);
TT_ALLOC_API uint32_t tt_alloc_set_context(uint32_t context);

/* Names a live buffer ("layers.3.attention.wq"; UTF-8, at most 1024 bytes; "" takes the name away), in the ledger and for
 * readers that may see it (the owner). 1 done, 0 no such buffer is listed, or there is no room for the name. Any thread;
 * takes locks. Since ABI 5. */
TT_ALLOC_API uint32_t tt_alloc_label_buffer(uint64_t id, const char* label);

/* A step of the program begins: an iteration, a token, a request. `name`: UTF-8, terminated, or NULL. Written among the
 * process's events, for reports over a recording. The step's number, from 1 in each process; 0 while nothing is
 * tracked. Since ABI 6. */
TT_ALLOC_API uint64_t tt_alloc_step(const char* name);

/* --- The same six as inline functions: one branch when off -------------------------------------------------------- */
static inline void tt_alloc_report_allocation(int32_t device_id, uint64_t size, uint8_t buffer_type, uint64_t address) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_allocation_(device_id, size, buffer_type, address);
    }
}
static inline void tt_alloc_report_deallocation(int32_t device_id, uint64_t buffer_id) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_deallocation_(device_id, buffer_id);
    }
}
static inline void tt_alloc_report_cb_allocation(int32_t device_id, uint64_t total_size, uint64_t cb_id) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_cb_allocation_(device_id, total_size, cb_id);
    }
}
static inline void tt_alloc_report_cb_deallocation(int32_t device_id, uint64_t size, uint64_t cb_id) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_cb_deallocation_(device_id, size, cb_id);
    }
}
static inline void tt_alloc_report_kernel_load(int32_t device_id, uint64_t total_l1, uint64_t kernel_id,
                                               uint8_t kernel_type) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_kernel_load_(device_id, total_l1, kernel_id, kernel_type);
    }
}
static inline void tt_alloc_report_kernel_unload(int32_t device_id, uint64_t size, uint64_t kernel_id) {
    if (__builtin_expect(tt_alloc_tracking_on, 0)) {
        tt_alloc_report_kernel_unload_(device_id, size, kernel_id);
    }
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TT_ALLOC_CLIENT_H */
