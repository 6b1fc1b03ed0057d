// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Places where a ledger cannot be, or must not be, made: the application goes on, with one clear line on stderr.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "../crash/ledger_home.hpp"
#include "in_child.hpp"
#include "ledger/write/ledger_file.hpp"

namespace ttmem::test {
namespace {

// Mounts of this process's own. A user other than root becomes root of a namespace for them, and keeps its id there.
bool own_mounts() {
    const std::string user = std::to_string(geteuid());
    const std::string group = std::to_string(getegid());
    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return false;
        }
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << user + " " + user + " 1";
        std::ofstream("/proc/self/gid_map") << group + " " + group + " 1";
    }
    return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Makes a report in a child whose mount namespace `prepare` has arranged. Skips where namespaces are not allowed.
ChildResult report_in_namespace(const std::function<bool()>& prepare) {
    return in_child([&] {
        if (!own_mounts() || !prepare()) {
            _exit(77);
        }
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        tt_alloc_buffer_freed(1);
        _exit(allocator == TT_ALLOC_NONE && tt_alloc_tracking_on == 0 ? 0 : 10);
    });
}

#define SKIP_WITHOUT_NAMESPACES(result)                                                   \
    if (WIFEXITED((result).status) && WEXITSTATUS((result).status) == 77) {               \
        GTEST_SKIP() << "this machine allows no mount namespaces to the user running it"; \
    }

bool mount_tmpfs(const std::string& at, const char* options, unsigned long flags = 0) {
    return mount("tmpfs", at.c_str(), "tmpfs", flags, options) == 0;
}

// The size of a file system that has room for one ledger of a process with an open device, and for little more.
std::string options_with_room_for_one_ledger() {
    const LedgerHome home;
    in_child([] { open_n150(); });
    struct stat file {};
    EXPECT_EQ(stat(home.ledger().c_str(), &file), 0) << home.ledger();
    return "size=" + std::to_string(file.st_blocks * 512 / 1024 + 128) + "k";
}

size_t lines(const std::string& text) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Surroundings, AFullFileSystemIsSaidAndTheApplicationGoesOn) {
    const LedgerHome home;
    const ChildResult result = report_in_namespace([&] { return mount_tmpfs(home.base(), "size=256k"); });
    SKIP_WITHOUT_NAMESPACES(result);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(lines(result.stderr_text), 1u);
    EXPECT_NE(result.stderr_text.find("No space left on device"), std::string::npos) << result.stderr_text;
    EXPECT_NE(result.stderr_text.find("untracked"), std::string::npos);
}

TEST(Surroundings, AReadOnlyFileSystem) {
    const LedgerHome home;
    const ChildResult result = report_in_namespace([&] { return mount_tmpfs(home.base(), "size=8m", MS_RDONLY); });
    SKIP_WITHOUT_NAMESPACES(result);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(lines(result.stderr_text), 1u);
    EXPECT_NE(result.stderr_text.find("Read-only file system"), std::string::npos) << result.stderr_text;
}

TEST(Surroundings, AMissingDirectory) {
    const LedgerHome home;
    std::filesystem::remove_all(home.base());
    const ChildResult result = in_child([] {
        open_n150();
        tt_alloc_report_allocation(0, 1, 0, 1);
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(lines(result.stderr_text), 1u);
    EXPECT_NE(result.stderr_text.find(home.base()), std::string::npos) << result.stderr_text;
    EXPECT_NE(result.stderr_text.find("No such file or directory"), std::string::npos);
}

TEST(Surroundings, ATableThatCannotGrowForLackOfSpaceKeepsTotalsExact) {
    const std::string options = options_with_room_for_one_ledger();
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        if (!own_mounts() || !mount_tmpfs(home.base(), options.c_str())) {
            _exit(77);
        }
        const uint32_t allocator = open_n150();
        for (uint64_t id = 1; id <= 50'000; ++id) {
            allocate(allocator, id);
        }
        // Read in here: the mount is this process's own.
        const auto answer = read_ledger(home.ledger(), true);
        if (!std::holds_alternative<ledger::Snapshot>(answer)) {
            _exit(11);
        }
        const auto& s = std::get<ledger::Snapshot>(answer);
        _exit(s.allocators.at(0).totals[0].bytes == 50'000u * 4096 * 12 &&
                      s.unlisted_buffers == 50'000u - s.buffers.size() && s.buffers.size() == 4096
                  ? 0
                  : 12);
    });
    SKIP_WITHOUT_NAMESPACES(result);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
}

// Incident: with an eighth of a 252 GB disk kept free, ledgers on it stopped growing at 31 GB.
TEST(Surroundings, ALargeFileSystemNeedNotHaveAnEighthFree) {
    EXPECT_EQ(ledger::kept_free(uint64_t{64} << 20), uint64_t{8} << 20);
    EXPECT_EQ(ledger::kept_free(uint64_t{252} << 30), uint64_t{256} << 20);
}

TEST(Surroundings, ALimitOnFileSizesIsNotRunInto) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        const rlimit small{64 * 1024, 64 * 1024};
        setrlimit(RLIMIT_FSIZE, &small);
        open_n150();
        tt_alloc_report_allocation(0, 1, 0, 1);
    });
    EXPECT_EQ(result.status, 0) << "killed by SIGXFSZ?";
    EXPECT_EQ(lines(result.stderr_text), 1u);
    EXPECT_NE(result.stderr_text.find("File too large"), std::string::npos) << result.stderr_text;
}

std::string own_directory(const LedgerHome& home) {
    return home.base() + "/tt_alloc." + std::to_string(geteuid());
}

// The name is taken: a fresh suffix is used and what is there stays untouched.
void goes_to_a_suffix(const LedgerHome& home) {
    const ChildResult result = in_child([] { allocate(open_n150(), 1); });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
    EXPECT_NE(home.ledger().find(own_directory(home) + ".1/"), std::string::npos) << home.ledger();
}

TEST(Surroundings, ADirectoryThatIsASymlink) {
    const LedgerHome home;
    const std::string target = home.base() + "/elsewhere";
    std::filesystem::create_directory(target);
    std::filesystem::create_symlink(target, own_directory(home));
    goes_to_a_suffix(home);
    EXPECT_TRUE(std::filesystem::is_empty(target));
}

TEST(Surroundings, ADirectoryThatIsAFile) {
    const LedgerHome home;
    UniqueFd(creat(own_directory(home).c_str(), 0644));
    goes_to_a_suffix(home);
}

TEST(Surroundings, ADirectoryThatOthersMayWrite) {
    const LedgerHome home;
    std::filesystem::create_directory(own_directory(home));
    chmod(own_directory(home).c_str(), 0777);
    goes_to_a_suffix(home);
}

TEST(Surroundings, ADirectoryOfSomebodyElse) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can give a directory away";
    }
    const LedgerHome home;
    std::filesystem::create_directory(own_directory(home));
    ASSERT_EQ(chown(own_directory(home).c_str(), 12345, 12345), 0);
    goes_to_a_suffix(home);
}

// --- What dead processes leave ---------------------------------------------------------------------------------------

size_t ledger_count(const LedgerHome& home) {
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.base())) {
        count += entry.path().extension() == ".ledger" ? 1 : 0;
    }
    return count;
}

void set_age(const std::string& path, int64_t seconds) {
    const timespec times[2] = {{time(nullptr) - seconds, 0}, {time(nullptr) - seconds, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(StaleLedgers, ALiveOneStaysHoweverOldAndADeadOneGoesAfterADay) {
    const LedgerHome home;
    int hold[2];
    int said[2];
    ASSERT_EQ(pipe(hold), 0);
    ASSERT_EQ(pipe(said), 0);
    const pid_t live = fork();
    if (live == 0) {
        client::set_tracking(true);
        allocate(open_n150(), 1);
        char byte = 1;
        [[maybe_unused]] ssize_t n = write(said[1], &byte, 1);
        close(hold[1]);
        n = read(hold[0], &byte, 1);
        _exit(0);
    }
    char byte = 0;
    ASSERT_EQ(read(said[0], &byte, 1), 1);
    const std::string living = home.ledger();
    in_child([] { allocate(open_n150(), 1); });  // dies holding a buffer
    ASSERT_EQ(ledger_count(home), 2u);
    in_child([] { allocate(open_n150(), 1); });  // sees the dead one for the first time
    EXPECT_EQ(ledger_count(home), 3u);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.base())) {
        if (entry.path().extension() == ".ledger") {
            set_age(entry.path(), 100 * 24 * 3600);
        }
    }
    in_child([] { allocate(open_n150(), 1); });
    // The first dead one had been seen dead long ago; the second was seen for the first time just now.
    EXPECT_EQ(ledger_count(home), 3u);
    EXPECT_TRUE(std::filesystem::exists(living));
    close(hold[1]);
    int status = 0;
    waitpid(live, &status, 0);
}

TEST(StaleLedgers, TenThousandAreBroughtDownToABound) {
    const LedgerHome home;
    in_child([] { allocate(open_n150(), 1); });
    const std::filesystem::path dead = home.ledger();
    std::filesystem::resize_file(dead, 4096);  // the header is what counts
    for (int i = 0; i < 10'000; ++i) {
        std::filesystem::copy_file(dead, dead.parent_path() / (std::to_string(100'000 + i) + "-0.ledger"));
    }
    in_child([] { allocate(open_n150(), 1); });
    EXPECT_LE(ledger_count(home), 66u);
    EXPECT_GE(ledger_count(home), 2u);
}

TEST(StaleLedgers, AFullFileSystemIsMadeRoomIn) {
    const std::string options = options_with_room_for_one_ledger();
    const LedgerHome home;
    const ChildResult result = in_child([&] {
        if (!own_mounts() || !mount_tmpfs(home.base(), options.c_str())) {
            _exit(77);
        }
        for (int i = 0; i < 4; ++i) {  // one ledger fits; each dies and the next must take its room
            const pid_t child = fork();
            if (child == 0) {
                const uint32_t allocator = open_n150();
                _exit(allocator == TT_ALLOC_NONE ? 1 : 0);
            }
            int status = 0;
            waitpid(child, &status, 0);
            if (status != 0) {
                _exit(13 + i);
            }
        }
    });
    SKIP_WITHOUT_NAMESPACES(result);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
}

}  // namespace
}  // namespace ttmem::test
