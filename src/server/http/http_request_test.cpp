// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_request.hpp"

#include <gtest/gtest.h>

#include "server/http/api_parameters.hpp"

namespace ttmem::server {
namespace {

TEST(HttpRequest, GzipIsTakenByThoseWhoSaySo) {
    for (const char* yes : {"gzip", "GZIP", "br, gzip", "gzip;q=0.5", " deflate ,\tgzip ; q=1", "gzip;q=0.001"}) {
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    }
    for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "xgzip", "gzipx", ",,,", "*", ";gzip"}) {
        EXPECT_FALSE(accepts_gzip(no)) << no;
    }
}

unsigned refused_with(const HostRule& rule, const BrowserHeaders& headers) {
    const std::optional<HttpReply> reply = refuse_foreign(rule, headers);
    return reply ? reply->status : 0;
}

TEST(HostRule, LoopbackNamesAndAddressesMayAsk) {
    const HostRule rule;
    for (const char* host : {"localhost", "LOCALHOST:9465", "127.0.0.1", "127.0.0.1:9465", "127.1.2.3:1", "[::1]",
                             "[::1]:9465", "localhost.:80"}) {
        EXPECT_TRUE(rule.allows_host(host)) << host;
    }
}

TEST(HostRule, NamesThatSomebodyElseCanPointHereMayNot) {
    const HostRule rule;
    for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", ":9465", "[::1",
                             "[::1]x", "localhost:80:80", "10.0.0.1", "[2001:db8::1]:80", "localhost:http",
                             "127.0.0.1 ", "0x7f000001", "2130706433"}) {
        EXPECT_FALSE(rule.allows_host(host)) << host;
    }
}

TEST(HostRule, OfARemoteServerEveryAddressAndTheNamedHosts) {
    const HostRule rule{false, {"node7.cluster"}};
    EXPECT_TRUE(rule.allows_host("10.0.0.1:9465"));
    EXPECT_TRUE(rule.allows_host("[2001:db8::1]:80"));
    EXPECT_TRUE(rule.allows_host("Node7.cluster:9465"));
    EXPECT_FALSE(rule.allows_host("node8.cluster"));
}

TEST(HostRule, PagesOfOtherSitesAreRefused) {
    const HostRule rule;
    EXPECT_EQ(refused_with(rule, {"localhost:1", {}, {}}), 0u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "http://localhost:1", {}}), 0u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "http://localhost:1", "same-origin"}), 0u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", {}, "none"}), 0u);
    EXPECT_EQ(refused_with(rule, {{}, {}, {}}), 400u);
    EXPECT_EQ(refused_with(rule, {"evil.example", {}, {}}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "http://evil.example", {}}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "https://localhost:1", {}}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "http://localhost:2", {}}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", "null", {}}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", {}, "cross-site"}), 403u);
    EXPECT_EQ(refused_with(rule, {"localhost:1", {}, "same-site"}), 403u);
}

TEST(Viewer, RootAndTheOwnerSeeDetails) {
    EXPECT_FALSE(Viewer{}.sees_details_of(1000));
    EXPECT_FALSE(Viewer{}.sees_details_of(std::nullopt));
    EXPECT_TRUE(Viewer{0}.sees_details_of(1000));
    EXPECT_TRUE(Viewer{1000}.sees_details_of(1000));
    EXPECT_FALSE(Viewer{1000}.sees_details_of(1001));
    EXPECT_FALSE(Viewer{1000}.sees_details_of(std::nullopt));
}

const std::vector<ParameterSpec> kSpecs = {
    {"pid", ParameterType::kInteger, "", 1, 100, {}},
    {"all", ParameterType::kBoolean, "", 0, 0, {}},
    {"kind", ParameterType::kChoice, "", 0, 0, {"dram", "l1"}},
};

TEST(Arguments, TakesWhatTheTableAllows) {
    const auto parsed = Arguments::parse({{"pid", "100"}, {"all", "true"}, {"kind", "l1"}}, kSpecs);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed.value().integer("pid"), 100);
    EXPECT_TRUE(parsed.value().flag("all"));
    EXPECT_EQ(parsed.value().choice("kind"), "l1");
    const auto none = Arguments::parse({}, kSpecs);
    ASSERT_TRUE(none);
    EXPECT_EQ(none.value().integer("pid"), std::nullopt);
    EXPECT_FALSE(none.value().flag("all"));
}

TEST(Arguments, NamesWhatIsWrong) {
    const std::pair<Parameters, const char*> cases[] = {
        {{{"pid", "0"}}, "pid is a whole number from 1 to 100, not '0'"},
        {{{"pid", "101"}}, "not '101'"},
        {{{"pid", "1e1"}}, "not '1e1'"},
        {{{"pid", ""}}, "not ''"},
        {{{"pid", " 1"}}, "not ' 1'"},
        {{{"pid", "99999999999999999999"}}, "pid is a whole number"},
        {{{"pid", std::string("1\0", 2)}}, "not '1?'"},
        {{{"all", "yes"}}, "all is true or false, not 'yes'"},
        {{{"kind", "DRAM"}}, "kind is one of dram, l1, not 'DRAM'"},
        {{{"pid", "1"}, {"pid", "2"}}, "pid is given twice"},
        {{{"pdi", "1"}}, "there is no parameter 'pdi' here; there are: pid, all, kind"},
        {{{"\x1b[2J", "1"}}, "'?[2J'"},
    };
    for (const auto& [parameters, text] : cases) {
        const auto parsed = Arguments::parse(parameters, kSpecs);
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().message.find(text), std::string::npos) << parsed.error().message;
    }
}

TEST(Arguments, AnErrorIsNoLongerThanItsCause) {
    const auto parsed = Arguments::parse({{"pid", std::string(100'000, 'x')}}, kSpecs);
    ASSERT_FALSE(parsed);
    EXPECT_LT(parsed.error().message.size(), 200u);
}

}  // namespace
}  // namespace ttmem::server
