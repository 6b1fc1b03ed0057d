// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds the reader of recordings, and everything that is computed from one. Checksums and compression would stop nearly
// every change of a byte, so an input is either a file as it is (first byte even), or payloads that are put into a sound
// file first (odd): kind, process, two bytes of length, that many bytes, again and again.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "check.hpp"
#include "inventory/inventory.hpp"
#include "output/why_text.hpp"
#include "recording/compress.hpp"
#include "recording/reader.hpp"
#include "recording/redact.hpp"
#include "recording/replay.hpp"
#include "replay/courses.hpp"
#include "replay/explain_moment.hpp"
#include "replay/playback.hpp"
#include "report/at_moment.hpp"
#include "report/diff.hpp"
#include "report/export.hpp"
#include "report/page/page.hpp"
#include "report/write.hpp"

namespace {

using namespace ttmem;
using namespace ttmem::recording;

template <typename Record>
void put(std::string& file, const Record& record) {
    file.append(reinterpret_cast<const char*>(&record), sizeof record);
}

std::string assembled(const uint8_t* data, size_t size) {
    std::string file;
    FileHeader header{};
    header.magic = kFileMagic;
    header.major = kMajor;
    header.header_bytes = sizeof header;
    put(file, header);
    uint64_t sequence = 0;
    for (size_t at = 0; at + 4 <= size;) {
        const size_t length = std::min<size_t>(data[at + 2] | size_t{data[at + 3]} << 8, size - at - 4);
        const std::string payload(reinterpret_cast<const char*>(data + at + 4), length);
        const std::string stored = *compress(payload);
        ChunkHead head{};
        head.magic = kChunkMagic;
        head.kind = static_cast<uint16_t>(1 + data[at] % 8);
        head.flags = data[at] / 8;
        head.process = data[at + 1] % 3;
        head.stored_bytes = stored.size();
        head.raw_bytes = payload.size();
        head.sequence = sequence++;
        head.check = check_of(&head, offsetof(ChunkHead, check));
        put(file, head);
        file += stored;
        file.resize((file.size() + 7) / 8 * 8);
        at += 4 + length;
    }
    return file;
}

void look_at_everything(const Reader& reader) {
    const report::Report report = report::make_report(reader, {});
    check(report.processes.size() == reader.processes().size());
    for (const report::Peak& peak : report.peaks) {
        check(peak.process < report.processes.size());
    }
    report::report_json(report, inventory::GroupBy::kTensor, 5);
    report::report_text(report, inventory::GroupBy::kLine, 5);
    report::Options by_tensor;
    by_tensor.by = inventory::GroupBy::kTensor;
    report::make_report(reader, by_tensor);
    report::Options stacks;
    stacks.folded = true;
    stacks.course = false;
    const report::Report folded = report::make_report(reader, stacks);
    for (const char* list : report::kFoldedWords) {
        report::report_folded(folded, list);
    }
    check(!report::diff(report, report, {0.0, 0}).fails);
    const uint64_t first = report::first_event_ns(reader);
    report::moment_json(report::moment_report(reader, first));
    report::moment_text(report::moment_report(reader, first), 5);
    report::export_csv(reader);
    report::export_memory_viz(reader);
    report::export_perfetto(reader);
    report::export_speedscope(reader);
    report::export_pprof(reader);
    const Result<std::string> page = report::report_page(reader, "fuzz", {}, size_t{1} << 19);
    check(page ? page.value().size() <= size_t{1} << 19 : !page.error().message.empty());
    for (const RecordedProcess& process : reader.processes()) {
        moment_at_positions(reader, process, {1, 2, 3});
        ledger::Sidecar texts = process.texts;
        redact(texts);
    }
}

// As the monitor shows a recording: at its peak, at both ends, and at events between.
void replay_it(Reader reader) {
    const auto playback = std::make_shared<replay::Playback>(std::move(reader));
    inventory::Settings settings;
    settings.telemetry = inventory::TelemetryUse::kOff;
    settings.ledgers = playback;
    inventory::Inventory inventory(settings);
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kL1;
    request.events = true;
    const auto look = [&] {
        const std::shared_ptr<const api::Model> model = inventory.refresh(request);
        const inventory::Explanation why = replay::explain_moment(playback);
        output::why_text(*why.model, why.why, 80);
        check(replay::device_courses(*playback, *model).size() == model->devices.size());
    };
    look();
    for (const char* moment : {"begin", "50%", "step:1", "peak", "end"}) {
        if (playback->go_to(moment)) {
            look();
        }
    }
    for (int i = 0; i < 3 && playback->step(false); ++i) {
        look();
    }
    for (int i = 0; i < 3 && playback->to_note(false) != nullptr; ++i) {
        look();
    }
    if (playback->step(true)) {
        look();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string file = data[0] % 2 == 0 ? std::string(reinterpret_cast<const char*>(data + 1), size - 1)
                                              : assembled(data + 1, size - 1);
    Result<Reader> reader = Reader::from_source(
        [&file](uint64_t offset, void* to, uint64_t count) -> int64_t {
            const uint64_t got = offset < file.size() ? std::min<uint64_t>(count, file.size() - offset) : 0;
            std::memcpy(to, file.data() + (got == 0 ? 0 : offset), got);
            return static_cast<int64_t>(got);
        },
        file.size());
    if (reader) {
        look_at_everything(reader.value());
        replay_it(std::move(reader.value()));
    }
    return 0;
}
