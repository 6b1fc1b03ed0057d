// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Made-up machines: each thing that can be wrong is found, and said with what to do.
#include "doctor/checks.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "base/capture.hpp"
#include "base/unique_fd.hpp"
#include "doctor/report.hpp"
#include "doctor/ttnn.hpp"
#include "model/legacy_wire.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/requirements.hpp"

namespace ttmem::doctor {
namespace {

namespace fs = std::filesystem;

class DoctorTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/dev/shm/ttmem-doctor-XXXXXX";
        folder_ = mkdtemp(name);
        chmod(name, 0755);
        places_.sysfs_root = folder_ + "/sys";
        places_.device_folder = folder_ + "/dev/tenstorrent";
        places_.ledger_base = folder_;
        places_.server_socket = folder_ + "/server.sock";
        places_.http = "";
        places_.hooks = std::string("/somewhere/libtt_alloc_hooks.so");
        places_.ttnn = {folder_};
        setenv("TT_ALLOC_SYSFS_ROOT", places_.sysfs_root.c_str(), 1);
        setenv("TT_ALLOC_PROCFS_ROOT", (folder_ + "/proc").c_str(), 1);
    }
    void TearDown() override {
        unsetenv("TT_ALLOC_SYSFS_ROOT");
        unsetenv("TT_ALLOC_PROCFS_ROOT");
        fs::remove_all(folder_);
    }
    void plug(const std::string& cards) const {
        const std::string maker = std::string(TTMEM_SUPPORT_DIR) + "/fake-kmd-tree";
        ASSERT_EQ(system(("python3 '" + maker + "' '" + folder_ + "' " + cards).c_str()), 0);
        for (int i = 0; i < 3; ++i) {
            write("dev/tenstorrent/" + std::to_string(i), "");
        }
    }
    void write(const std::string& path, const std::string& text) const {
        fs::create_directories(fs::path(folder_ + "/" + path).parent_path());
        fs::remove(folder_ + "/" + path);
        std::ofstream(folder_ + "/" + path) << text;
    }
    std::string version() const { return "sys/module/tenstorrent/version"; }

    // The first finding of that level, as "topic: text -> remedy".
    static std::string first(const std::vector<Finding>& findings, Level level) {
        for (const Finding& finding : findings) {
            if (finding.level == level) {
                return finding.topic + ": " + finding.text + " -> " + finding.remedy;
            }
        }
        return "";
    }
    static bool contains(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    std::string folder_;
    Places places_;
};

TEST_F(DoctorTest, AMachineWithoutCardsIsInOrder) {
    auto findings = examine(places_);
    std::erase_if(findings, [](const Finding& finding) { return finding.topic == "ttnn"; });  // the folder has none
    EXPECT_FALSE(has_problem(findings)) << report(findings);
    EXPECT_TRUE(contains(first(findings, Level::kNote), "no Tenstorrent card is seen"));
}

TEST_F(DoctorTest, CardsInOrder) {
    plug("n150 n300 p150");
    const auto findings = check_driver(places_);
    EXPECT_FALSE(has_problem(findings)) << report(findings);
    EXPECT_EQ(findings[0].text, "tt-kmd 2.10.0");
    ASSERT_EQ(findings.size(), 4u);
    EXPECT_EQ(findings[3].text, "p150a at 0000:c1:00.0");
}

TEST_F(DoctorTest, ACardWithoutItsDriver) {
    plug("n150");
    fs::remove_all(folder_ + "/sys/module");
    fs::remove_all(folder_ + "/sys/class");
    const std::string said = first(check_driver(places_), Level::kProblem);
    EXPECT_TRUE(contains(said, "tt-kmd is not loaded, and there are 1 Tenstorrent card")) << said;
    EXPECT_TRUE(contains(said, "modprobe tenstorrent"));
}

TEST_F(DoctorTest, OldDrivers) {
    plug("n150");
    write(version(), "2.4.1\n");
    EXPECT_TRUE(contains(first(check_driver(places_), Level::kWarning), "which processes"));
    write(version(), "2.7.0-rc1\n");
    EXPECT_TRUE(contains(first(check_driver(places_), Level::kNote), "junk"));
}

TEST_F(DoctorTest, ACardThatDoesNotAnswerAndOneThatMayNotBeOpened) {
    plug("n150 n300");
    const std::string node = folder_ + "/sys/class/tenstorrent/tenstorrent!0/";
    for (const auto& entry : fs::directory_iterator(node)) {
        if (entry.path().filename().string().starts_with("tt_")) {
            fs::remove(entry.path());
        }
    }
    fs::remove_all(node + "device/hwmon");
    fs::remove(folder_ + "/dev/tenstorrent/1");
    const auto findings = check_driver(places_);
    ASSERT_EQ(findings.size(), 3u);
    EXPECT_TRUE(contains(findings[1].text, "no_firmware")) << findings[1].text;
    EXPECT_TRUE(contains(findings[1].remedy, "tt-smi -r 0"));
    EXPECT_TRUE(contains(findings[2].text, "there is no " + folder_ + "/dev/tenstorrent/1"));
}

TEST_F(DoctorTest, ACardThatTheDriverDoesNotShow) {
    plug("n150 n300");
    fs::remove(folder_ + "/sys/class/tenstorrent/tenstorrent!1");
    EXPECT_TRUE(contains(first(check_driver(places_), Level::kProblem), "of 2 Tenstorrent cards the driver shows 1"));
}

TEST_F(DoctorTest, WhereLedgersAre) {
    EXPECT_FALSE(has_problem(check_ledgers(places_)));
    places_.ledger_base = folder_ + "/nowhere";
    EXPECT_TRUE(contains(first(check_ledgers(places_), Level::kProblem), "TT_ALLOC_LEDGER_DIR"));
    places_.ledger_base = folder_;
    // A symbolic link: an owner that is not trusted.
    fs::create_symlink("/tmp", folder_ + "/tt_alloc." + std::to_string(getuid()));
    EXPECT_TRUE(contains(first(check_ledgers(places_), Level::kWarning), "symbolic link"));
    places_.ledger_base = "/proc";
    EXPECT_TRUE(has_problem(check_ledgers(places_)));
}

// Listens, and answers a question of the old protocol if it is to.
class Listener {
public:
    Listener(const std::string& path, bool answers) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        fd_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        listen(fd_.get(), 4);
        if (answers) {
            thread_ = std::thread([this] {
                const UniqueFd client(accept(fd_.get(), nullptr, nullptr));
                std::array<std::byte, api::kLargestLegacyMessage> bytes{};
                static_cast<void>(!::read(client.get(), bytes.data(), bytes.size()));
                api::LegacyMessage answer;
                answer.request.type = api::kLegacyDeviceInfoResponse;
                const size_t size = api::encode_legacy(answer, api::LegacySize::k112, bytes);
                static_cast<void>(!::write(client.get(), bytes.data(), size));
            });
        }
    }
    ~Listener() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    void stop_listening() { fd_.reset(); }

private:
    UniqueFd fd_;
    std::thread thread_;
};

TEST_F(DoctorTest, AContainerWithAFolderOfItsOwn) {
    places_.root = folder_;
    places_.proc = folder_ + "/proc";
    places_.ledger_base = "/dev/shm";
    write("proc/self/mountinfo", "1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /dev/shm rw - tmpfs shm rw\n");
    EXPECT_TRUE(check_containers(places_).empty()) << "no container";
    write(".dockerenv", "");
    const std::string said = first(check_containers(places_), Level::kNote);
    EXPECT_TRUE(contains(said, "docker") && contains(said, "--volume /dev/shm/ttmem:/dev/shm/ttmem")) << said;
    // With the folder that the remedy names, or with the host's /dev/shm.
    for (const char* line :
         {"3 2 0:3 /ttmem /dev/shm/ttmem rw - tmpfs tmpfs rw\n", "2 1 0:2 / /dev/shm rw - tmpfs tmpfs rw\n"}) {
        write("proc/self/mountinfo", std::string("1 0 0:1 / / rw - overlay overlay rw\n") + line);
        places_.ledger_base = "/dev/shm/ttmem";
        EXPECT_TRUE(contains(first(check_containers(places_), Level::kOk), "mounted from outside"));
    }
}

TEST_F(DoctorTest, ProcessesInContainersWhoseLedgersAreNotSeen) {
    places_.root = folder_;
    places_.proc = folder_ + "/proc";
    fs::create_directories(folder_ + "/proc/self/ns");
    fs::create_symlink("mnt:[1]", folder_ + "/proc/self/ns/mnt");
    const auto process = [&](const std::string& pid, const char* mount_namespace, const std::string& library) {
        write("proc/" + pid + "/maps", "7f00-7f01 r-xp 0 0:1 1 /x/" + library + "\n");
        write("proc/" + pid + "/comm", "python3\n");
        fs::create_directories(folder_ + "/proc/" + pid + "/ns");
        fs::create_symlink(mount_namespace, folder_ + "/proc/" + pid + "/ns/mnt");
    };
    process("411", "mnt:[1]", "libtt_metal.so");
    process("412", "mnt:[2]", "libc.so.6");
    EXPECT_TRUE(check_containers(places_).empty());
    process("413", "mnt:[2]", "libtt_metal.so");
    const std::vector<Finding> findings = check_containers(places_);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_TRUE(contains(first(findings, Level::kNote), "process 413 (python3) has ttnn in a container"));
}

TEST_F(DoctorTest, WhetherAServerAnswers) {
    EXPECT_TRUE(contains(first(check_server(places_), Level::kNote), "none at"));
    {
        Listener listener(places_.server_socket, true);
        places_.server_patience_ms = 60'000;
        EXPECT_TRUE(contains(first(check_server(places_), Level::kOk), "answers at"));
    }
    const std::string said = first(check_server(places_), Level::kWarning);
    EXPECT_TRUE(contains(said, "a socket without a listener")) << said;
    fs::remove(places_.server_socket);
    Listener silent(places_.server_socket, false);
    places_.server_patience_ms = 200;
    EXPECT_TRUE(contains(first(check_server(places_), Level::kProblem), "does not answer"));
}

// A libtt_metal.so with these symbols and nothing else, by the compiler that is there.
class TtnnTest : public DoctorTest {
protected:
    std::string make_wheel(const std::string& release, const std::vector<std::string>& symbols,
                           const std::string& linked = "") const {
        std::string source;
        for (const std::string& symbol : symbols) {
            source += ".globl " + symbol + "\n.type " + symbol + ",@object\n" + symbol + ": .byte 0\n";
        }
        const std::string site = "venv/lib/python3.12/site-packages/";
        write(site + "ttnn-" + release + ".dist-info/METADATA", "");
        write(site + "ttnn/build/lib/x.s", ".data\n" + source);
        const std::string library = folder_ + "/" + site + "ttnn/build/lib/libtt_metal.so";
        const std::string command =
            "cc -shared -nostdlib -o '" + library + "' '" + folder_ + "/" + site + "ttnn/build/lib/x.s' " + linked;
        EXPECT_EQ(system(command.c_str()), 0);
        return folder_ + "/venv";
    }
    static std::vector<std::string> every_symbol() {
        std::vector<std::string> all;
        for (const auto& one : tt_metal::kBufferRequirements) {
            all.emplace_back(one.name);
        }
        for (const auto& one : tt_metal::kProgramRequirements) {
            all.emplace_back(one.name);
        }
        return all;
    }
};

TEST_F(TtnnTest, TellsWhetherAndAsWhatAReleaseCanBeTracked) {
    std::vector<std::string> symbols = every_symbol();
    places_.ttnn = {make_wheel("0.70.0", symbols)};
    auto findings = check_tracking(places_);
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[1].level, Level::kOk);
    EXPECT_TRUE(contains(findings[1].text, "ttnn 0.70.0 can be tracked as 0.66 to 0.75")) << findings[1].text;
    EXPECT_FALSE(contains(findings[1].text, "ttmem package"));
    write("venv/lib/python3.12/site-packages/ttmem_switch.pth", "");
    EXPECT_TRUE(contains(check_tracking(places_)[1].text, "TT_ALLOC_TRACKING_ENABLED=1 is enough"));

    symbols.push_back(TTMEM_COMPILE_AND_ALLOCATE);
    make_wheel("0.70.0", symbols);
    EXPECT_TRUE(contains(check_tracking(places_)[1].text, "as 0.76 to 0.78"));
    symbols.push_back(TTMEM_CREATE_AT);
    make_wheel("0.70.0", symbols, "-Wl,--no-as-needed '" + std::string(TTMEM_CLIENT_LIBRARY) + "'");
    EXPECT_TRUE(contains(check_tracking(places_)[1].text, "reports by itself"));

    symbols = every_symbol();
    std::erase(symbols, TTMEM_PROGRAM_ID);
    make_wheel("0.70.0", symbols);
    EXPECT_TRUE(contains(first(check_tracking(places_), Level::kWarning), "its buffers alone"));
    std::erase(symbols, TTMEM_BANK_SIZE);
    make_wheel("0.70.0", symbols);
    EXPECT_TRUE(contains(first(check_tracking(places_), Level::kProblem), TTMEM_BANK_SIZE));
    write("venv/lib/python3.12/site-packages/ttnn/build/lib/libtt_metal.so", "no library");
    EXPECT_TRUE(contains(first(check_tracking(places_), Level::kProblem), "no shared object"));
}

TEST_F(TtnnTest, ReportsHowFarANewerReleaseCouldBeVerified) {
    std::vector<std::string> symbols = every_symbol();
    places_.ttnn = {make_wheel("0.82.0", symbols)};
    std::string text = first(check_tracking(places_), Level::kNote);
    EXPECT_TRUE(contains(text, "ttnn 0.82.0 can be tracked as ")) << text;
    EXPECT_TRUE(contains(text, "newer than 0.81.1, the newest that was tried")) << text;
    EXPECT_TRUE(contains(text, "dataflow buffers cannot be read")) << text;
    for (const tt_metal::KnownLayout* layout : tt_metal::kLayouts) {
        for (const char* name : layout->needs) {
            if (name != nullptr && std::find(symbols.begin(), symbols.end(), name) == symbols.end()) {
                symbols.emplace_back(name);
            }
        }
    }
    make_wheel("0.82.0", symbols);
    text = first(check_tracking(places_), Level::kNote);
    EXPECT_TRUE(contains(text, "dataflow buffers are checked in the process")) << text;
    EXPECT_FALSE(contains(text, "cannot be read")) << text;
}

TEST_F(TtnnTest, PlacesThatWereNamedMustHaveOne) {
    write("empty/file", "");
    places_.ttnn = {make_wheel("0.81.1", every_symbol()), folder_ + "/empty", folder_ + "/missing"};
    const auto findings = check_tracking(places_);
    ASSERT_EQ(findings.size(), 4u);
    EXPECT_EQ(findings[1].level, Level::kOk);
    EXPECT_EQ(findings[2].level, Level::kProblem);
    EXPECT_EQ(findings[2].text, folder_ + "/empty: no ttnn is in it");
    EXPECT_EQ(findings[3].level, Level::kProblem);
    EXPECT_EQ(findings[3].text, folder_ + "/missing: there is no such file or folder");
}

TEST_F(TtnnTest, FindsWhatPythonsOnPathWouldImport) {
    const std::string site = make_wheel("0.81.1", every_symbol()) + "/lib/python3.12/site-packages";
    write("bin/python3", "#!/bin/sh\necho; echo '" + site + "'\n");
    write("bin/python", "#!/bin/sh\nsleep 30\n");  // a shim that hangs
    for (const char* name : {"/bin/python3", "/bin/python"}) {
        chmod((folder_ + name).c_str(), 0755);
    }
    const std::string before = getenv("PATH");
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX", "TT_METAL_HOME", "TT_METAL_RUNTIME_ROOT"}) {
        unsetenv(name);
    }
    setenv("PATH", (folder_ + "/bin:/bin").c_str(), 1);
    // One interpreter never answers. On a machine so busy that the other is late as well, both get more time.
    std::vector<Ttnn> found;
    for (int patience_ms = 300; patience_ms < 60'000; patience_ms *= 2) {
        found = find_ttnn({}, patience_ms);
        if (!found.empty() && found[0].found_by == folder_ + "/bin/python3") {
            break;
        }
    }
    setenv("PATH", before.c_str(), 1);
    ASSERT_GE(found.size(), 1u);
    EXPECT_EQ(found[0].release, "0.81.1");
    EXPECT_EQ(found[0].found_by, folder_ + "/bin/python3");
    setenv("VIRTUAL_ENV", (folder_ + "/venv").c_str(), 1);
    EXPECT_EQ(find_ttnn({}, 300).at(0).found_by, "VIRTUAL_ENV");
    unsetenv("VIRTUAL_ENV");
}

TEST(Capture, GivesWhatWasPrintedAndWaitsForNobody) {
    EXPECT_EQ(capture({"/bin/sh", "-c", "echo hello; exit 3"}, 60'000).exit_code, 3);
    EXPECT_EQ(capture({"/bin/sh", "-c", "echo hello"}, 60'000).out, "hello\n");
    EXPECT_EQ(capture({"/nowhere/program"}, 60'000).exit_code, 127);
    EXPECT_EQ(capture({"/bin/sh", "-c", "sleep 30 & echo x; wait"}, 100).exit_code, -1);
    EXPECT_EQ(capture({"/bin/sh", "-c", "exec >&-; sleep 30"}, 100).exit_code, -1);
    EXPECT_EQ(capture({}, 100).exit_code, -1);
}

TEST(Stacks, EachStateOfALedgersHeaderIsSaid) {
    // docs/ledger-format.md, stack_state: 0 no interpreter, 1 read, 2 off by request, 3 unknown version, 4 unusual build, 5
    // the check failed, 6 not checked yet, 7 no memory.
    const std::array<std::pair<Level, const char*>, 9> said = {{{Level::kOk, "no Python"},
                                                                {Level::kOk, "at most 24 frames"},
                                                                {Level::kNote, "TT_ALLOC_STACK_FRAMES=0"},
                                                                {Level::kWarning, "neither 3.10 nor 3.12"},
                                                                {Level::kWarning, "debug or free-threaded"},
                                                                {Level::kWarning, "not what its Python reports"},
                                                                {Level::kNote, "waits for its check"},
                                                                {Level::kWarning, "no memory"},
                                                                {Level::kNote, "newer ttmem"}}};
    for (uint32_t state = 0; state < said.size(); ++state) {
        const Finding finding = stack_finding("process 7", state, 24);
        EXPECT_EQ(finding.level, said[state].first) << state;
        EXPECT_NE(finding.text.find(said[state].second), std::string::npos) << finding.text;
        EXPECT_EQ(finding.text.rfind("process 7: ", 0), 0u);
    }
}

TEST(Report, IsTextAndJson) {
    const std::vector<Finding> findings{{"driver", Level::kOk, "tt-kmd 2.10.0", ""},
                                        {"ttnn", Level::kProblem, "bad \x1b[31m", "mend it"}};
    EXPECT_EQ(report(findings),
              "ok      driver tt-kmd 2.10.0\n"
              "problem ttnn   bad ?[31m\n"
              "               -> mend it\n"
              "\n1 problem, 0 warnings, 0 notes\n");
    const std::string json = report_json(findings);
    EXPECT_NE(json.find("\"problems\": true"), std::string::npos);
    EXPECT_NE(json.find("\"remedy\": null"), std::string::npos);
}

}  // namespace
}  // namespace ttmem::doctor
