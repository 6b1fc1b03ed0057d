// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: a ledger folder of one's own, and child processes that write real ledgers into it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/write/writer.hpp"

namespace ttmem::inventory::testing {

inline constexpr uint64_t kBaseAddress = 4096;
inline constexpr uint64_t kBankBytes = 1 << 20;
inline constexpr uint32_t kBanks = 4;
inline constexpr uint64_t kPerBank = 1024;

// A folder for ledgers, gone with the test. In memory, where ledgers belong.
class LedgerBase {
public:
    LedgerBase() {
        char name[] = "/dev/shm/ttmem-test-XXXXXX";
        path_ = mkdtemp(name);
        chmod(name, 0755);
        setenv("TT_ALLOC_LEDGER_DIR", name, 1);
    }
    ~LedgerBase() {
        unsetenv("TT_ALLOC_LEDGER_DIR");
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    LedgerBase(const LedgerBase&) = delete;
    LedgerBase& operator=(const LedgerBase&) = delete;

    const std::string& path() const { return path_; }
    std::string own() const { return path_ + "/tt_alloc." + std::to_string(geteuid()); }

    std::vector<std::string> ledgers() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
            if (entry.path().extension() == ".ledger") {
                found.push_back(entry.path().string());
            }
        }
        return found;
    }

private:
    std::string path_;
};

// Writes the ledger of a host: one mock device, one allocator, `buffers` DRAM buffers of kPerBank x kBanks each.
class TestWriter {
public:
    explicit TestWriter(int buffers, uint64_t unique_id = 0) {
        ledger::FileError error;
        if (!writer_.start("test", ledger::kDefaultMaxBuffers, error)) {
            _exit(99);
        }
        writer_.shards().attach_thread(slot_);
        ledger::DeviceRecord device{};
        device.flags = ledger::kDeviceMock | (unique_id != 0 ? uint32_t{ledger::kDeviceUniqueId} : 0);
        device.unique_id = unique_id;
        device.arch = 2;
        device.dram_channels = kBanks;
        device.dram_channel_bytes = 2 * kBankBytes;
        std::strcpy(device.board, "n150");
        device_ = writer_.devices().describe(device);
        allocator_ = open(1, ledger::kNone);
        for (int i = 0; i < buffers; ++i) {
            place(allocator_, static_cast<uint64_t>(i), kBaseAddress + static_cast<uint64_t>(i) * kPerBank);
        }
    }

    uint32_t open(int32_t mesh, uint32_t parent) {
        ledger::BankGeometry geometry[ledger::kBufferTypes] = {};
        geometry[0] = {kBankBytes, kBaseAddress, kBanks, 32};
        return writer_.allocators().open(slot_, {mesh, parent, &device_, 1, geometry});
    }
    void place(uint32_t allocator, uint64_t id, uint64_t address, uint8_t account = ledger::kAccountDram) {
        ledger::NewBuffer buffer{};
        buffer.id = id;
        buffer.address = address;
        buffer.requested_bytes = kPerBank * kBanks - 8;
        buffer.bytes_per_bank = kPerBank;
        buffer.banks = kBanks;
        buffer.allocator = static_cast<uint16_t>(allocator);
        buffer.device = ledger::kAllDevices;
        buffer.account = account;
        writer_.buffers().allocate(slot_, buffer);
    }
    uint32_t allocator() const { return allocator_; }
    ledger::Writer& writer() { return writer_; }

private:
    ledger::Writer writer_;
    ledger::ThreadSlot slot_;
    uint32_t device_ = 0;
    uint32_t allocator_ = 0;
};

// A forked process that runs `body`, says that it is ready, and waits to be killed.
class Child {
public:
    explicit Child(const std::function<void()>& body) {
        int ready[2];
        if (pipe(ready) != 0) {
            std::abort();
        }
        pid_ = fork();
        if (pid_ == 0) {
            // Where neither closing everything nor exec loses it before the word is said.
            const int told = fcntl(ready[1], F_DUPFD, 3);
            tell() = told;
            body();
            say_ready();
            for (;;) {
                pause();
            }
        }
        close(ready[1]);
        char word = 0;
        ready_ = read(ready[0], &word, 1) == 1;
        close(ready[0]);
    }
    ~Child() { kill_and_wait(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // For a body that never comes back.
    static void say_ready() { static_cast<void>(!write(tell(), "r", 1)); }

    pid_t pid() const { return pid_; }
    bool ready() const { return ready_; }
    void send(int signal) const { ::kill(pid_, signal); }
    void stop() const {
        send(SIGSTOP);
        int status = 0;
        waitpid(pid_, &status, WUNTRACED);
    }
    void kill_and_wait() {
        if (pid_ > 0) {
            send(SIGKILL);
            wait();
        }
    }
    void wait() {
        if (pid_ > 0) {
            waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

private:
    static int& tell() {
        static int fd = -1;
        return fd;
    }
    pid_t pid_ = -1;
    bool ready_ = false;
};

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, const std::string& bytes, mode_t mode = 0644) {
    std::ofstream(path, std::ios::binary) << bytes;
    chmod(path.c_str(), mode);
}

template <typename T>
void patch(std::string& bytes, size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace ttmem::inventory::testing
