// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Any user may put any file into /dev/shm: which directories and files are taken for ledgers.
#include "inventory/ledger_directory.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "inventory/test_support.hpp"

namespace ttmem::inventory {
namespace {

using testing::LedgerBase;

const std::string kFile = "1-00000000000000aa.ledger";

class LedgerDirectoryTest : public ::testing::Test {
protected:
    std::string make(const std::string& suffix, mode_t mode = 0755) {
        const std::string path = base_.own() + suffix;
        mkdir(path.c_str(), mode);
        chmod(path.c_str(), mode);
        testing::write_file(path + "/" + kFile, "x");
        return path;
    }
    FoundLedgers found() { return find_ledgers(base_.path()); }
    std::string refusal(const std::string& file) {
        FoundLedgers all = found();
        const Result<OpenLedger> opened = open_ledger(all.directories.at(0), {file, 1, 0xaa});
        return opened ? "" : opened.error().message;
    }
    LedgerBase base_;
};

TEST(LedgerNames, OnlyThePatternIsTaken) {
    const auto name = parse_ledger_name("123-00000000000000ff.ledger");
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->pid, 123u);
    EXPECT_EQ(name->nonce, 0xffu);
    for (const char* wrong : {"", ".ledger", "123.ledger", "x-00000000000000ff.ledger", "123-ff.ledger",
                              "123-00000000000000ff.ledger.detail", "123-00000000000000fg.ledger",
                              "-1-00000000000000ff.ledger", "99999999999-00000000000000ff.ledger"}) {
        EXPECT_FALSE(parse_ledger_name(wrong).has_value()) << wrong;
    }
    EXPECT_EQ(parse_directory_uid("tt_alloc.1000"), 1000u);
    EXPECT_EQ(parse_directory_uid("tt_alloc.1000.3"), 1000u);
    for (const char* wrong : {"tt_alloc", "tt_alloc.", "tt_alloc.x", "tt_alloc.-1", "tt_alloc.1x", "other.1"}) {
        EXPECT_FALSE(parse_directory_uid(wrong).has_value()) << wrong;
    }
}

TEST_F(LedgerDirectoryTest, OwnDirectoriesAreTakenWithAnySuffix) {
    make("");
    make(".7");
    const FoundLedgers all = found();
    EXPECT_TRUE(all.notices.empty());
    ASSERT_EQ(all.directories.size(), 2u);
    EXPECT_EQ(all.directories[0].ledgers.size(), 1u);
    EXPECT_EQ(all.directories[1].path, base_.own() + ".7");
}

TEST_F(LedgerDirectoryTest, SymbolicLinkIsNotFollowed) {
    const std::string real = base_.path() + "/elsewhere";
    ASSERT_EQ(mkdir(real.c_str(), 0755), 0);
    ASSERT_EQ(symlink(real.c_str(), base_.own().c_str()), 0);
    const FoundLedgers all = found();
    EXPECT_TRUE(all.directories.empty());
    ASSERT_EQ(all.notices.size(), 1u);
    EXPECT_NE(all.notices[0].find("symbolic link"), std::string::npos);
}

TEST_F(LedgerDirectoryTest, DirectoryThatOthersMayWriteIsNotTaken) {
    make("", 0777);
    make(".1", 0775);
    const FoundLedgers all = found();
    EXPECT_TRUE(all.directories.empty());
    EXPECT_EQ(all.notices.size(), 2u);
}

TEST_F(LedgerDirectoryTest, FileInThePlaceOfADirectory) {
    testing::write_file(base_.own(), "x");
    EXPECT_TRUE(found().directories.empty());
    EXPECT_EQ(found().notices.size(), 1u);
}

TEST_F(LedgerDirectoryTest, DirectoryOfSomebodyElse) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can make a directory of another user";
    }
    const std::string path = make("");
    ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
    EXPECT_TRUE(found().directories.empty());
    ASSERT_EQ(found().notices.size(), 1u);
    EXPECT_NE(found().notices[0].find("65534"), std::string::npos);
}

TEST_F(LedgerDirectoryTest, WhatHasNotChangedIsNotListedAgain) {
    const std::string path = make("");
    LedgerFinder finder(base_.path());
    const LedgerDirectory* listed = nullptr;
    // A change of just now does not count as settled yet.
    const auto settle = [&] {
        for (;;) {
            listed = finder.find().directories.data();
            const LedgerName* names = listed->ledgers.data();
            if (finder.find().directories.data() == listed && listed->ledgers.data() == names && listed->listed) {
                return;
            }
            usleep(10'000);
        }
    };
    const auto files = [&] {
        size_t count = 0;
        for (const LedgerDirectory& directory : finder.find().directories) {
            count += directory.ledgers.size();
        }
        return count;
    };
    settle();
    const int held = listed->fd.get();
    EXPECT_EQ(finder.find().directories.at(0).fd.get(), held);
    EXPECT_EQ(files(), 1u);

    const std::string another = path + "/2-00000000000000ab.ledger";
    testing::write_file(another, "x");
    EXPECT_EQ(files(), 2u);
    settle();
    ASSERT_EQ(rename(another.c_str(), (path + "/3-00000000000000ab.ledger").c_str()), 0);
    EXPECT_EQ(finder.find().directories.at(0).ledgers.size(), 2u);
    settle();
    ASSERT_EQ(unlink((path + "/3-00000000000000ab.ledger").c_str()), 0);
    EXPECT_EQ(files(), 1u);
    settle();
    make(".2");
    EXPECT_EQ(files(), 2u);
    settle();
    ASSERT_EQ(chmod(path.c_str(), 0777), 0);
    EXPECT_EQ(files(), 1u);
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
    EXPECT_EQ(files(), 2u) << "one that was passed over is looked at each time";
    settle();
    std::filesystem::remove_all(path);
    EXPECT_EQ(files(), 1u);
    settle();
    std::filesystem::remove_all(base_.path());
    EXPECT_EQ(files(), 0u);
    EXPECT_FALSE(finder.find().notices.empty());
}

TEST_F(LedgerDirectoryTest, RegularFileOfTheOwnerIsOpened) {
    make("");
    EXPECT_EQ(refusal(kFile), "");
    EXPECT_NE(refusal("2-00000000000000aa.ledger"), "") << "no such file";
}

TEST_F(LedgerDirectoryTest, LinkFifoSocketAndForeignFileAreNotOpened) {
    const std::string directory = make("");
    ASSERT_EQ(symlink("/etc/passwd", (directory + "/link").c_str()), 0);
    EXPECT_NE(refusal("link").find("symbolic link"), std::string::npos);
    ASSERT_EQ(mkfifo((directory + "/fifo").c_str(), 0644), 0);
    EXPECT_NE(refusal("fifo").find("regular"), std::string::npos) << "and nobody waited for a writer";
    ASSERT_EQ(mkdir((directory + "/folder").c_str(), 0755), 0);
    EXPECT_NE(refusal("folder").find("regular"), std::string::npos);
    const int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (directory + "/socket").c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(bind(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_NE(refusal("socket"), "");
    close(socket_fd);
    testing::write_file(directory + "/open", "x", 0666);
    EXPECT_NE(refusal("open").find("others"), std::string::npos);
    if (geteuid() == 0) {
        testing::write_file(directory + "/foreign", "x");
        ASSERT_EQ(chown((directory + "/foreign").c_str(), 65534, 65534), 0);
        EXPECT_NE(refusal("foreign").find("65534"), std::string::npos);
    }
}

}  // namespace
}  // namespace ttmem::inventory
