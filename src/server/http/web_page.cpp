// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/web_page.hpp"

#include <cstddef>

namespace ttmem::server {

// Made by cmake/embed.cmake.
extern const unsigned char kPageText[];
extern const size_t kPageTextSize;
extern const unsigned char kPageGzip[];
extern const size_t kPageGzipSize;
extern const unsigned char kPagePolicy[];
extern const size_t kPagePolicySize;

namespace {

std::string text_of(const unsigned char* bytes, size_t size) {
    return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace

const WebPage& web_page() {
    static const WebPage kPage = [] {
        WebPage page;
        page.text = std::make_shared<const std::string>(text_of(kPageText, kPageTextSize));
        page.gzip = std::make_shared<const std::string>(text_of(kPageGzip, kPageGzipSize));
        page.policy = text_of(kPagePolicy, kPagePolicySize);
        page.policy.erase(page.policy.find_last_not_of(" \r\n") + 1);
        return page;
    }();
    return kPage;
}

}  // namespace ttmem::server
