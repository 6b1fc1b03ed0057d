// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/remote_call.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "attach/borrowed_thread.hpp"
#include "attach/memory_image.hpp"
#include "attach/obstacles.hpp"
#include "attach/payload.hpp"
#include "attach/safe_place.hpp"
#include "base/clean_text.hpp"
#include "base/clock.hpp"
#include "base/small_file.hpp"

namespace ttmem::attach {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kBorrowPatienceNs = 20 * kSecond;
constexpr uint64_t kRoomPatienceNs = 3 * kSecond;
constexpr uint64_t kStartPatienceNs = 10 * kSecond;
constexpr int kLooksAtOneThread = 20;
constexpr uint64_t kCodeSegment64 = 0x33;

void pause_ns(uint64_t ns) {
    const timespec time{static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
    nanosleep(&time, nullptr);
}

uint64_t now() {
    return clock_ns(CLOCK_MONOTONIC);
}

// The vector state that C code may use, as far as this machine saves it: x87, SSE, AVX, AVX-512.
uint64_t state_to_save() {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & (1u << 27)) == 0) {
        return 0;  // no XSAVE
    }
    uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low & 0xe7u;
#else
    return 0;
#endif
}

std::vector<pid_t> threads_of(pid_t pid) {
    std::vector<pid_t> threads;
    const std::string path = "/proc/" + std::to_string(pid) + "/task";
    if (DIR* directory = opendir(path.c_str())) {
        while (const dirent* entry = readdir(directory)) {
            const pid_t thread = std::atoi(entry->d_name);
            if (thread > 0) {
                threads.push_back(thread);
            }
        }
        closedir(directory);
    }
    return threads;
}

bool exists(pid_t pid, pid_t thread) {
    struct stat found {};
    return stat(("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread)).c_str(), &found) == 0;
}

// In a wait that no signal ends (state D), such as for a child of vfork: ptrace cannot stop it either.
bool waits_in_kernel(pid_t pid, pid_t thread) {
    const Result<std::string> text =
        read_regular_file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/stat", 4096);
    const size_t name_end = text ? text.value().rfind(')') : std::string::npos;
    return name_end != std::string::npos && text.value().substr(name_end, 3) == ") D";
}

bool shares_pid_namespace(pid_t process) {
    struct stat its {};
    struct stat ours {};
    return stat(("/proc/" + std::to_string(process) + "/ns/pid").c_str(), &its) == 0 &&
           stat("/proc/self/ns/pid", &ours) == 0 && its.st_ino == ours.st_ino;
}

// A stretch of address space where nothing is mapped, below the libraries.
uint64_t free_region(const MemoryImage& image) {
    constexpr uint64_t kApart = 1 << 20;  // from both neighbours, one of which may be a growing stack
    const std::vector<Mapping>& mappings = image.mappings();
    for (size_t i = mappings.size(); i-- > 1;) {
        const uint64_t begin = mappings[i - 1].end;
        const uint64_t end = mappings[i].begin;
        const bool user = end < (uint64_t{1} << 47);
        if (user && end > begin && end - begin > 2 * kApart + kRegionBytes && mappings[i].path != "[stack]") {
            return (end - kApart - kRegionBytes) & ~uint64_t{0xffff};
        }
    }
    return 0;
}

// The place for the code, and the bytes that it replaces.
struct Room {
    uint64_t address = 0;
    std::vector<unsigned char> found;
};

bool all_zero(const std::vector<unsigned char>& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; });
}

// Whether the code that a killed attacher left there will never run again: its region is gone (or never came) and the
// thread that it borrowed stands elsewhere.
bool is_left_over(const MemoryImage& image, const SafePlace& safe, const Room& room) {
    PayloadInput input;
    if (room.found.size() < sizeof input) {
        return false;
    }
    std::memcpy(&input, room.found.data(), sizeof input);
    uint64_t mark = 0;
    const auto still_there = [&] {
        return image.read(input.region + offsetof(PayloadOutput, magic), &mark, sizeof mark) && mark == kPayloadMagic;
    };
    if (input.magic != kPayloadMagic || still_there()) {
        return false;
    }
    Result<BorrowedThread> seized = BorrowedThread::seize(static_cast<pid_t>(input.borrowed));
    if (!seized) {
        return seized.error().errno_value == ESRCH;
    }
    user_regs_struct registers{};
    switch (seized.value().stop()) {
        case BorrowedThread::Stop::kGone:
            return true;
        case BorrowedThread::Stop::kHalted:
        case BorrowedThread::Stop::kBusy:
            return false;
        case BorrowedThread::Stop::kStopped:
            break;
    }
    // The process may have mapped the region between the two looks.
    return seized.value().read_registers(registers) &&
           (registers.rip < room.address || registers.rip >= room.address + room.found.size()) &&
           !safe.may_handle_signal(registers, image) && !still_there();
}

// Unused bytes after the code of some library: all zero, or else left there by a ttmem attach that was killed.
Room room_for_code(const MemoryImage& image, const SafePlace& safe, size_t bytes) {
    std::vector<Room> used;
    for (const Image& one : image.images()) {
        for (const auto& [begin, end] : one.room) {
            Room room;
            room.address = (begin + 15) / 16 * 16;
            const Mapping* mapping = image.mapping_at(room.address);
            if (room.address + bytes > end || mapping == nullptr || !mapping->executable ||
                mapping->end < room.address + bytes) {
                continue;
            }
            room.found.resize(bytes);
            if (!image.read(room.address, room.found.data(), bytes)) {
                continue;
            }
            if (all_zero(room.found)) {
                return room;
            }
            used.push_back(std::move(room));
        }
    }
    for (Room& room : used) {
        if (is_left_over(image, safe, room)) {
            return std::move(room);
        }
    }
    return {};
}

Result<PayloadInput> find_functions(const MemoryImage& image, const RemoteCall& call) {
    const std::optional<Image> libc = image.find("libc.so.6");
    if (!libc) {
        return Error{"it does not use glibc (no libc.so.6 is mapped)", 0};
    }
    PayloadInput input{};
    const struct {
        uint64_t PayloadInput::*field;
        const char* name;
    } wanted[] = {{&PayloadInput::errno_location, "__errno_location"},
                  {&PayloadInput::pthread_create, "pthread_create"},
                  {&PayloadInput::pthread_self, "pthread_self"},
                  {&PayloadInput::pthread_detach, "pthread_detach"},
                  {&PayloadInput::dlopen, "dlopen"},
                  {&PayloadInput::dlsym, "dlsym"},
                  {&PayloadInput::dlerror, "dlerror"},
                  {&PayloadInput::munmap, "munmap"}};
    for (const auto& [field, name] : wanted) {
        input.*field = image.function(*libc, name);
        if (input.*field == 0) {
            return Error{std::string("its libc.so.6 has no ") + name + " (glibc 2.34 or newer is needed)", 0};
        }
    }
    input.saved_state = state_to_save();
    if (input.saved_state == 0 || call.symbol.size() >= sizeof input.symbol) {
        return Error{"this processor cannot save a thread's state (no XSAVE)", 0};
    }
    std::copy(call.arguments.begin(), call.arguments.end(), input.arguments);
    std::memcpy(input.symbol, call.symbol.c_str(), call.symbol.size() + 1);
    return input;
}

struct Placed {
    uint64_t code = 0;
    uint64_t region = 0;
    size_t bytes = 0;
    std::vector<unsigned char> before;  // what stood where the code goes
};

// Chosen while everything runs, so that the thread stands still for no longer than looking at it and writing takes.
Result<Placed> choose_place(const MemoryImage& image, const SafePlace& safe, const RemoteCall& call) {
    Placed placed;
    placed.bytes = make_payload({}, call.library.c_str()).size();
    placed.region = free_region(image);
    Room room = room_for_code(image, safe, placed.bytes);
    placed.code = room.address;
    placed.before = std::move(room.found);
    if (placed.region == 0 || placed.code == 0) {
        return Error{"none of its libraries has room for the code that starts a thread", 0};
    }
    return placed;
}

// Puts the code in and sends the thread there. nullopt: the thread does not stand where it may be borrowed.
std::optional<Result<bool>> send(BorrowedThread& thread, const MemoryImage& image, const SafePlace& safe,
                                 PayloadInput input, const RemoteCall& call, const Placed& placed) {
    user_regs_struct registers{};
    if (!thread.read_registers(registers)) {
        return std::nullopt;
    }
    if (registers.cs != kCodeSegment64) {
        return Result<bool>(Error{"it runs 32-bit code", 0});
    }
    const std::optional<GoOn> go_on = go_on_after(registers);
    if (!go_on || !safe.allows(registers, image)) {
        return std::nullopt;
    }
    std::vector<unsigned char> now_there(placed.bytes);
    if (!image.read(placed.code, now_there.data(), placed.bytes) || now_there != placed.before) {
        return Result<bool>(Error{"another process is attaching to it at this moment", 0});
    }
    input.magic = kPayloadMagic;
    input.attacher = shares_pid_namespace(thread.id()) ? static_cast<uint64_t>(getpid()) : 0;
    input.borrowed = static_cast<uint64_t>(thread.id());
    input.go_on_at = go_on->at;
    input.region = placed.region;
    if (!thread.write_code(placed.code, make_payload(input, call.library.c_str()))) {
        const int why = errno;
        return Result<bool>(Error{std::string("its memory cannot be written: ") + std::strerror(why), why});
    }
    user_regs_struct sent = registers;
    sent.rip = placed.code + payload_entry();
    sent.rax = go_on->result;
    sent.orig_rax = ~uint64_t{0};  // no system call to make again: go_on_at sees to that
    if (!thread.write_registers(sent)) {
        const int why = errno;
        thread.write_code(placed.code, std::vector<unsigned char>(placed.bytes));
        return Result<bool>(Error{std::string("its registers cannot be written: ") + std::strerror(why), why});
    }
    return Result<bool>(true);
}

struct Borrowed {
    BorrowedThread thread;
    Placed placed;
};

Result<Borrowed> borrow(pid_t pid, MemoryImage& image, const SafePlace& safe, const PayloadInput& input,
                        const RemoteCall& call) {
    const uint64_t limit = now() + kBorrowPatienceNs;
    Result<Placed> chosen = choose_place(image, safe, call);
    // The code cave may be occupied by another ttmem attach, or left half-written by one that was killed. Wait for it.
    for (const uint64_t room_limit = now() + kRoomPatienceNs; !chosen && now() < room_limit && image.refresh();) {
        pause_ns(20'000'000);
        chosen = choose_place(image, safe, call);
    }
    if (!chosen) {
        return chosen.error();
    }
    const Placed& placed = chosen.value();
    std::set<pid_t> busy;  // seized, and not to be stopped: they stay ours until this thread ends
    for (; now() < limit; pause_ns(1'000'000)) {
        const std::vector<pid_t> threads = threads_of(pid);
        if (threads.empty()) {
            return Error{"it has ended", ESRCH};
        }
        for (const pid_t id : threads) {
            if (busy.count(id) != 0 || waits_in_kernel(pid, id)) {
                continue;
            }
            Result<BorrowedThread> seized = BorrowedThread::seize(id);
            if (!seized) {
                if (seized.error().errno_value == ESRCH && exists(pid, pid)) {
                    continue;  // that thread has ended
                }
                return seized.error();
            }
            BorrowedThread thread = std::move(seized.value());
            for (int look = 0; look < kLooksAtOneThread && now() < limit; ++look) {
                const BorrowedThread::Stop stop = thread.stop();
                if (stop == BorrowedThread::Stop::kGone) {
                    break;
                }
                if (stop == BorrowedThread::Stop::kBusy) {
                    busy.insert(id);
                    break;
                }
                if (stop == BorrowedThread::Stop::kHalted) {
                    return Error{"it is stopped; let it go on first (kill -CONT " + std::to_string(pid) + ")", 0};
                }
                if (const std::optional<Result<bool>> sent = send(thread, image, safe, input, call, placed)) {
                    if (!*sent) {
                        return sent->error();
                    }
                    thread.go_on();
                    return Borrowed{std::move(thread), placed};
                }
                thread.go_on();
                pause_ns(200'000 + static_cast<uint64_t>(look) * 100'000);
                thread.poll();
            }
        }
    }
    return Error{"none of its threads came to a place where it could be borrowed; try again", 0};
}

// Copies the output that the other side has written so far. False: the region is not there, or not ours.
bool read_output(const MemoryImage& image, const Placed& placed, PayloadOutput& output) {
    return image.read(placed.region, &output, sizeof output) && output.magic == kPayloadMagic;
}

enum class Where { kInside, kDone, kRefused };

// Where the borrowed thread is. It stands still afterwards unless it is inside.
Where look_at(BorrowedThread& thread, const MemoryImage& image, const SafePlace& safe, const Placed& placed) {
    user_regs_struct registers{};
    const BorrowedThread::Stop stop = thread.stop();
    if (stop == BorrowedThread::Stop::kBusy) {
        return Where::kInside;
    }
    const bool gone = stop == BorrowedThread::Stop::kGone;
    const bool in_code = !gone && (!thread.read_registers(registers) ||
                                   (registers.rip >= placed.code && registers.rip < placed.code + placed.bytes) ||
                                   safe.may_handle_signal(registers, image));
    PayloadOutput output{};
    const bool mapped = read_output(image, placed, output);
    if (!in_code && mapped && output.entry_done != 0) {
        return Where::kDone;
    }
    if (!in_code && !mapped) {
        return Where::kRefused;
    }
    thread.go_on();  // also when it stands in a function that our code calls
    return Where::kInside;
}

// Waits until the borrowed thread has started another and is where it was.
Result<bool> give_back(BorrowedThread& thread, const MemoryImage& image, const SafePlace& safe, const Placed& placed) {
    const uint64_t limit = now() + kStartPatienceNs;
    PayloadOutput output{};
    uint64_t look_after = 5'000'000;
    uint64_t next_look = now() + look_after;
    Where where = Where::kInside;
    for (uint64_t wait = 20'000; where == Where::kInside; wait = std::min<uint64_t>(wait * 2, 1'000'000)) {
        thread.poll();
        const bool done = read_output(image, placed, output) && output.entry_done != 0;
        if (done || now() > next_look) {
            look_after *= 2;
            next_look = now() + look_after;
            where = look_at(thread, image, safe, placed);
        } else if (now() > limit) {
            return Error{"its borrowed thread does not get a processor; tracking may begin later", 0};
        } else {
            pause_ns(wait);
        }
    }
    if (where == Where::kRefused) {
        thread.write_code(placed.code, std::vector<unsigned char>(placed.bytes));
        return Error{"it was refused memory (a limit or a seccomp filter?)", ENOMEM};
    }
    if (!read_output(image, placed, output)) {
        return Error{"it ended meanwhile", ESRCH};
    }
    if (output.create_result != 0) {
        thread.write_code(placed.code, std::vector<unsigned char>(placed.bytes));
        // No errno: what was said to the process was not said to us.
        return Error{std::string("it cannot start a thread: ") + std::strerror(output.create_result), 0};
    }
    return true;
}

std::string clean_lines(std::string_view text) {
    std::string all;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        all += (all.empty() ? "" : "\n") + clean_text(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

Result<RemoteAnswer> hear(pid_t pid, const MemoryImage& image, const Placed& placed, const RemoteCall& call) {
    const uint64_t limit = now() + static_cast<uint64_t>(call.patience_ms) * 1'000'000;
    PayloadOutput output{};
    for (uint64_t wait = 50'000;; wait = std::min<uint64_t>(wait * 2, 5'000'000)) {
        if (!read_output(image, placed, output)) {
            return Error{"it ended meanwhile", ESRCH};
        }
        if (output.helper_state >= kHelperNoLibrary) {
            break;
        }
        if (now() > limit) {
            return Error{
                "it does not answer: it may be loading libraries, and will do what was asked when it is through", 0};
        }
        pause_ns(wait);
    }
    output.message[kMessageBytes - 1] = '\0';
    // The helper ends and takes the region with it; then nothing runs in the code that we put in.
    const uint32_t answered = 1;
    image.write(placed.region + offsetof(PayloadOutput, answered), &answered, sizeof answered);
    const uint64_t gone_limit = now() + kSecond;
    char byte = 0;
    while (image.read(placed.region, &byte, 1) && now() < gone_limit) {
        pause_ns(1'000'000);
    }
    while (exists(pid, output.helper_id) && now() < gone_limit) {
        pause_ns(200'000);
    }
    if (!exists(pid, output.helper_id)) {
        const std::vector<unsigned char> zeros(placed.bytes);
        image.write(placed.code, zeros.data(), zeros.size());
    }
    switch (output.helper_state) {
        case kHelperNoLibrary:
            return Error{"it cannot load the hooks library: " + clean_text(output.message), 0};
        case kHelperNoSymbol:
            return Error{"the hooks library in it is of another version: " + clean_text(output.message), 0};
        default:
            return RemoteAnswer{output.result, clean_lines(output.message)};
    }
}

Result<RemoteAnswer> call_on_this_thread(pid_t pid, const RemoteCall& call) {
    if (const std::optional<std::string> sandbox = sandbox_of(pid)) {
        return Error{*sandbox, 0};
    }
    Result<MemoryImage> opened = MemoryImage::open(pid);
    if (!opened) {
        return opened.error();
    }
    MemoryImage& image = opened.value();
    if (const std::optional<std::string> runtime = watching_runtime(image)) {
        return Error{*runtime, 0};
    }
    const Result<PayloadInput> input = find_functions(image, call);
    if (!input) {
        return input.error();
    }
    const SafePlace safe(image);
    // A thread of the process may map memory where the region was to go. Choose another place then.
    constexpr int kTries = 5;
    for (int tries = 1;; ++tries) {
        Result<Borrowed> borrowed = borrow(pid, image, safe, input.value(), call);
        if (!borrowed) {
            return borrowed.error();
        }
        const Placed placed = borrowed.value().placed;
        const Result<bool> back = give_back(borrowed.value().thread, image, safe, placed);
        if (back) {
            borrowed.value().thread.let_go();
            return hear(pid, image, placed, call);
        }
        if (back.error().errno_value != ENOMEM || tries == kTries || !image.refresh()) {
            return back.error();
        }
    }
}

}  // namespace

Result<RemoteAnswer> call_in_process(pid_t pid, const RemoteCall& call) {
    // A thread of its own, whose end lets go of whatever is still seized.
    std::optional<Result<RemoteAnswer>> answer;
    std::thread([&] { answer.emplace(call_on_this_thread(pid, call)); }).join();
    return std::move(*answer);
}

}  // namespace ttmem::attach
