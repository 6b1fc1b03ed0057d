// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/saved_picture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/ledger_bytes.hpp"
#include "ledger/format.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::inventory {
namespace {

using ledger::ByteSource;
using ledger::SectionEntry;

constexpr uint64_t kMagic = 0x50434f4c4c415454;  // "TTALLOCP" as bytes in the file
constexpr uint16_t kMajor = 1;
constexpr uint64_t kMostBytes = uint64_t{128} << 20;  // of a ledger's sections, of a sidecar and of a file
constexpr int kTries = 16;

// At the beginning of the file; the ledger and then its sidecar follow.
struct SavedHeader {
    uint64_t magic;
    uint16_t major;
    uint16_t minor;
    uint32_t header_bytes;
    uint64_t failure;        // number of the refusal; 0 of a peak
    uint64_t ledger_bytes;   // a multiple of 8
    uint64_t sidecar_bytes;  // 0: none
    uint64_t saved_ns;       // since the Unix epoch
    uint32_t state;          // of its process then: 0 ended, 1 killed, 2 alive
    uint32_t peak;           // 0: of a refusal; 1 + kind of memory: of a peak of it
    uint64_t reserved1;
};
static_assert(sizeof(SavedHeader) == 64);

template <typename Value>
void append(std::string& to, const Value& value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

bool copy(const ByteSource& source, uint64_t offset, char* to, uint64_t bytes) {
    return source(offset, to, bytes) == static_cast<int64_t>(bytes);
}

// Copies parts of a ledger one after another, with a directory that says where they lie now.
class LedgerCopy {
public:
    explicit LedgerCopy(const ByteSource& source) : source_(source) {}

    bool read_head() {
        bytes_.resize(ledger::kFirstSectionOffset);
        if (!copy(source_, 0, bytes_.data(), bytes_.size())) {
            return false;
        }
        uint32_t count = 0;
        std::memcpy(&count, bytes_.data() + offsetof(ledger::FileHeader, section_count), sizeof count);
        entries_.resize(std::min(count, ledger::kMaxSections));
        std::memcpy(entries_.data(), bytes_.data() + ledger::kDirectoryOffset, entries_.size() * sizeof(SectionEntry));
        std::memset(bytes_.data() + ledger::kDirectoryOffset, 0, ledger::kMaxSections * sizeof(SectionEntry));
        return true;
    }

    // Every section of the kind, as it is.
    bool take(uint32_t kind) {
        for (const SectionEntry& from : entries_) {
            if (from.kind == kind && !take_bytes(from, uint64_t{from.count} * from.stride)) {
                return false;
            }
        }
        return true;
    }

    // All that a reader needs to list what lives.
    bool take_present() {
        for (const SectionEntry& from : entries_) {
            const bool is_left_out = from.kind == ledger::kSectionRing || from.kind == ledger::kSectionPictures ||
                                     from.kind == ledger::kSectionPictureBytes;
            if (!is_left_out && !take_bytes(from, uint64_t{from.count} * from.stride)) {
                return false;
            }
        }
        return true;
    }

    // Picture `number` alone, in a ring of one, its blocks from the first on. False: it is not whole (any more).
    bool take_picture(uint64_t number) {
        const auto ring = std::find_if(entries_.begin(), entries_.end(), [](const SectionEntry& each) {
            return each.kind == ledger::kSectionPictures && each.count > 0 &&
                   each.stride >= sizeof(ledger::PictureRecord);
        });
        if (ring == entries_.end()) {
            return false;
        }
        const uint64_t place = ring->offset + number % ring->count * ring->stride;
        std::array<char, sizeof(ledger::PictureRecord)> record{};
        if (!copy(source_, place, record.data(), record.size())) {
            return false;
        }
        const uint64_t first = word(record, offsetof(ledger::PictureRecord, first_block));
        const uint64_t used = word(record, offsetof(ledger::PictureRecord, bytes));
        constexpr uint64_t kBlock = ledger::kPictureBlock;
        if (word(record, 0) != 2 * number + 2 || used > kMostBytes || first > kMostBytes / kBlock) {
            return false;
        }
        std::string blocks((used + kBlock - 1) / kBlock * kBlock, '\0');
        for (const SectionEntry& from : entries_) {
            if (from.kind != ledger::kSectionPictureBytes || from.stride != kBlock) {
                continue;
            }
            const uint64_t begin = std::max<uint64_t>(first, from.first_index);
            const uint64_t end =
                std::min<uint64_t>(first + blocks.size() / kBlock, uint64_t{from.first_index} + from.count);
            if (begin < end && !copy(source_, from.offset + (begin - from.first_index) * kBlock,
                                     blocks.data() + (begin - first) * kBlock, (end - begin) * kBlock)) {
                return false;
            }
        }
        uint64_t sequence = 0;
        if (!copy(source_, place, reinterpret_cast<char*>(&sequence), sizeof sequence) || sequence != 2 * number + 2) {
            return false;
        }
        const uint64_t zero = 0;
        std::memcpy(record.data() + offsetof(ledger::PictureRecord, first_block), &zero, sizeof zero);
        std::memcpy(record.data() + offsetof(ledger::PictureRecord, room), &used, sizeof used);
        return add(ledger::kSectionPictures, sizeof(ledger::PictureRecord), {record.data(), record.size()}) &&
               add(ledger::kSectionPictureBytes, ledger::kPictureBlock, blocks);
    }

    std::string finish(bool redact) {
        set_rate();
        const auto count = static_cast<uint32_t>(taken_.size());
        std::memcpy(bytes_.data() + offsetof(ledger::FileHeader, section_count), &count, sizeof count);
        std::memcpy(bytes_.data() + ledger::kDirectoryOffset, taken_.data(), count * sizeof(SectionEntry));
        if (redact) {
            std::memset(bytes_.data() + offsetof(ledger::FileHeader, command), 0, sizeof(ledger::FileHeader::command));
        }
        return std::move(bytes_);
    }

private:
    // Readers measure the rate of the writer's clock where its header does not give it, which they can in the same boot
    // alone: the file says it.
    void set_rate() {
        uint64_t head[4] = {};  // ticks, CLOCK_REALTIME, ticks a second; and CLOCK_MONOTONIC of that moment
        uint8_t boot_id[16] = {};
        std::memcpy(head, bytes_.data() + offsetof(ledger::FileHeader, clock_ticks), 3 * sizeof(uint64_t));
        std::memcpy(head + 3, bytes_.data() + offsetof(ledger::FileHeader, clock_monotonic_ns), sizeof(uint64_t));
        std::memcpy(boot_id, bytes_.data() + offsetof(ledger::FileHeader, boot_id), sizeof boot_id);
        const ledger::LocalClock here = ledger::read_local_clock(boot_id);
        if (head[2] != 0 || !here.same_boot || !here.has_ticks || head[3] == 0 || here.monotonic_ns <= head[3] ||
            here.ticks <= head[0]) {
            return;
        }
        const double hz =
            static_cast<double>(here.ticks - head[0]) * 1e9 / static_cast<double>(here.monotonic_ns - head[3]);
        if (hz >= 1 && hz < 1e12) {
            const auto rate = static_cast<uint64_t>(hz + 0.5);
            std::memcpy(bytes_.data() + offsetof(ledger::FileHeader, clock_hz), &rate, sizeof rate);
        }
    }

    template <size_t kBytes>
    static uint64_t word(const std::array<char, kBytes>& record, size_t offset) {
        uint64_t value = 0;
        std::memcpy(&value, record.data() + offset, sizeof value);
        return value;
    }

    bool take_bytes(const SectionEntry& from, uint64_t bytes) {
        if (bytes > kMostBytes - std::min<uint64_t>(kMostBytes, bytes_.size())) {
            return false;
        }
        SectionEntry entry = from;
        entry.offset = bytes_.size();
        bytes_.resize(bytes_.size() + (bytes + 63) / 64 * 64);
        taken_.push_back(entry);
        return copy(source_, from.offset, bytes_.data() + entry.offset, bytes);
    }

    bool add(uint32_t kind, uint32_t stride, std::string_view bytes) {
        taken_.push_back({kind, 0, bytes_.size(), 0, static_cast<uint32_t>(bytes.size() / stride), stride, 0});
        bytes_.append(bytes);
        bytes_.resize((bytes_.size() + 63) / 64 * 64);
        return true;
    }

    const ByteSource& source_;
    std::string bytes_;
    std::vector<SectionEntry> entries_;
    std::vector<SectionEntry> taken_;
};

// --- The sidecar

struct TextRecord {
    ledger::SidecarRecord head;
    std::string_view bytes;
};

// Whole records alone.
std::vector<TextRecord> text_records(std::string_view all) {
    std::vector<TextRecord> records;
    while (all.size() >= sizeof(ledger::SidecarRecord)) {
        TextRecord record{};
        std::memcpy(&record.head, all.data(), sizeof record.head);
        all.remove_prefix(sizeof record.head);
        if (record.head.bytes > all.size()) {
            break;
        }
        record.bytes = all.substr(0, record.head.bytes);
        all.remove_prefix(std::min<uint64_t>(all.size(), (uint64_t{record.head.bytes} + 7) / 8 * 8));
        records.push_back(record);
    }
    return records;
}

bool is_private(const TextRecord& record, const std::set<uint32_t>& files) {
    switch (record.head.type) {
        case ledger::kSidecarCommandLine:
        case ledger::kSidecarOperation:  // the user's own names of scopes
        case ledger::kSidecarStack:
        case ledger::kSidecarLabel:
        case ledger::kSidecarException:
            return true;
        case ledger::kSidecarKernelName:
            return record.bytes.find('/') != std::string_view::npos;  // a kernel that is named by its path
        case ledger::kSidecarText:
            return files.contains(record.head.id);
        default:
            return false;
    }
}

std::string redacted(std::string_view sidecar) {
    const std::vector<TextRecord> records = text_records(sidecar.substr(sizeof(ledger::SidecarHeader)));
    std::set<uint32_t> files;
    for (const TextRecord& record : records) {
        for (size_t at = 0;
             record.head.type == ledger::kSidecarFrames && at + sizeof(ledger::FrameRecord) <= record.bytes.size();
             at += sizeof(ledger::FrameRecord)) {
            ledger::FrameRecord frame{};
            std::memcpy(&frame, record.bytes.data() + at, sizeof frame);
            files.insert(frame.file);
        }
    }
    std::string kept(sidecar.substr(0, sizeof(ledger::SidecarHeader)));
    for (const TextRecord& record : records) {
        if (!is_private(record, files)) {
            append(kept, record.head);
            kept.append(record.bytes);
            kept.resize((kept.size() + 7) / 8 * 8);
        }
    }
    return kept;
}

// Empty: there is none that may be read.
std::string sidecar_bytes(const ByteSource& source, bool redact) {
    std::string bytes;
    constexpr size_t kPiece = size_t{1} << 20;
    while (source != nullptr && bytes.size() < kMostBytes) {
        const size_t had = bytes.size();
        bytes.resize(had + kPiece);
        const int64_t got = source(had, bytes.data() + had, kPiece);
        bytes.resize(had + static_cast<size_t>(std::max<int64_t>(got, 0)));
        if (got <= 0) {
            break;
        }
    }
    constexpr size_t kHead = sizeof(ledger::SidecarHeader);
    if (bytes.size() < kHead) {
        return {};
    }
    uint64_t used = 0;
    std::memcpy(&used, bytes.data() + offsetof(ledger::SidecarHeader, bytes_used), sizeof used);
    bytes.resize(kHead + std::min<uint64_t>(used, bytes.size() - kHead));
    if (redact) {
        bytes = redacted(bytes);
    }
    used = bytes.size() - kHead;
    std::memcpy(bytes.data() + offsetof(ledger::SidecarHeader, bytes_used), &used, sizeof used);
    return bytes;
}

uint32_t state_number(api::ProcessState state) {
    return api::counts(state) ? 2 : state == api::ProcessState::kDied ? 1 : 0;
}

std::string whole_file(SavedHeader header, const std::string& ledger, const std::string& texts, const api::Model& live,
                       const api::Process& process) {
    header.magic = kMagic;
    header.major = kMajor;
    header.header_bytes = sizeof header;
    header.ledger_bytes = ledger.size();
    header.sidecar_bytes = texts.size();
    header.saved_ns = live.time_ns;
    header.state = state_number(process.state);
    std::string all;
    all.reserve(sizeof header + ledger.size() + texts.size());
    append(all, header);
    all += ledger;
    all += texts;
    return all;
}

ByteSource source_of(const std::string& bytes) {
    return [&bytes](uint64_t offset, void* to, uint64_t wanted) -> int64_t {
        const uint64_t got = offset >= bytes.size() ? 0 : std::min<uint64_t>(wanted, bytes.size() - offset);
        std::memcpy(to, bytes.data() + offset, got);
        return static_cast<int64_t>(got);
    };
}

// The parts of a ledger that a peak is explained from. nullopt: they cannot be read, or changed meanwhile.
std::optional<std::string> copy_of_peak(const ByteSource& source, std::optional<uint64_t> picture, bool redact) {
    LedgerCopy ledger(source);
    const bool is_taken = ledger.read_head() &&
                          (picture ? ledger.take(ledger::kSectionDevices) && ledger.take(ledger::kSectionAllocators) &&
                                         ledger.take(ledger::kSectionInterned) && ledger.take(ledger::kSectionTotals) &&
                                         ledger.take(ledger::kSectionFailures) && ledger.take_picture(*picture)
                                   : ledger.take_present());
    return is_taken ? std::optional(ledger.finish(redact)) : std::nullopt;
}

}  // namespace

Result<std::string> save_picture(const api::Model& live, size_t failure, bool redact, const OwnLedger* own) {
    const api::Failure& refusal = live.failures[failure];
    const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live.processes[refusal.process], own);
    if (!open) {
        return Error{"the ledger of its process cannot be read", 0};
    }
    const std::optional<uint64_t> number = picture_number(open->bytes, refusal.number);
    LedgerCopy ledger(open->bytes.ledger);
    if (!number || !ledger.read_head() || !ledger.take(ledger::kSectionDevices) ||
        !ledger.take(ledger::kSectionAllocators) || !ledger.take(ledger::kSectionInterned) ||
        !ledger.take(ledger::kSectionTotals) || !ledger.take(ledger::kSectionFailures) ||
        !ledger.take_picture(*number)) {
        return Error{"its process kept no picture of the refusal", 0};
    }
    SavedHeader header{};
    header.failure = refusal.number;
    return whole_file(header, ledger.finish(redact), sidecar_bytes(open->bytes.texts, redact), live,
                      live.processes[refusal.process]);
}

Result<std::string> save_peak(const api::Model& live, api::ProcessIndex process, std::optional<api::MemoryKind> kind,
                              bool redact, const OwnLedger* own) {
    const std::optional<OpenLedgerBytes> open = open_ledger_bytes(live.processes[process], own);
    if (!open) {
        return Error{"the ledger of its process cannot be read", 0};
    }
    // A process that lives goes on meanwhile: the copy counts when it can be explained.
    for (int i = 0; i < kTries; ++i) {
        const std::optional<FoundPeak> found =
            peak_of(open->bytes, live, process, has_ended(live.processes[process]), kind);
        if (!found) {
            break;
        }
        const std::optional<std::string> ledger = copy_of_peak(open->bytes.ledger, found->picture, redact);
        if (ledger && peak_of({source_of(*ledger), nullptr}, live, process, true, found->kind)) {
            SavedHeader header{};
            header.peak = 1 + static_cast<uint32_t>(found->kind);
            return whole_file(header, *ledger, sidecar_bytes(open->bytes.texts, redact), live, live.processes[process]);
        }
    }
    return Error{"its process keeps no picture of that peak", 0};
}

Result<SavedPicture> open_saved(const std::string& path) {
    const auto fd = std::make_shared<const UniqueFd>(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (!fd->valid() || fstat(fd->get(), &status) != 0) {
        return Error{"cannot read " + path + ": " + std::strerror(errno), errno};
    }
    SavedHeader header{};
    const ByteSource file = [fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        return pread(fd->get(), to, bytes, static_cast<off_t>(offset));
    };
    if (!S_ISREG(status.st_mode) || !copy(file, 0, reinterpret_cast<char*>(&header), sizeof header) ||
        header.magic != kMagic) {
        return Error{path + " was not written by ttmem why --save", 0};
    }
    if (header.major != kMajor) {
        return Error{path + " is of another version of the format", 0};
    }
    if (header.header_bytes < sizeof header || header.header_bytes > 4096 || header.ledger_bytes > kMostBytes ||
        header.sidecar_bytes > kMostBytes) {
        return Error{path + " is damaged", 0};
    }
    const auto part = [&file](uint64_t first, uint64_t size) -> ByteSource {
        return [file, first, size](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return offset >= size ? 0 : file(first + offset, to, std::min(bytes, size - offset));
        };
    };
    SavedPicture saved;
    saved.file = fd;
    saved.bytes.ledger = part(header.header_bytes, header.ledger_bytes);
    if (header.sidecar_bytes > 0) {
        saved.bytes.texts = part(header.header_bytes + header.ledger_bytes, header.sidecar_bytes);
    }
    saved.failure = header.failure;
    if (header.peak > api::kMemoryKinds) {
        return Error{path + " is damaged", 0};
    }
    if (header.peak != 0) {
        saved.peak = api::kAllMemoryKinds[header.peak - 1];
    }
    saved.saved_ns = header.saved_ns;
    saved.state = header.state == 2   ? api::ProcessState::kLive
                  : header.state == 1 ? api::ProcessState::kDied
                                      : api::ProcessState::kExited;
    return saved;
}

Result<Explanation> explain_saved(const std::string& path) {
    const Result<SavedPicture> saved = open_saved(path);
    if (!saved) {
        return saved.error();
    }
    api::Model none;
    none.time_ns = saved.value().saved_ns;
    none.processes.emplace_back().state = saved.value().state;
    if (saved.value().peak) {
        std::optional<FoundPeak> peak = peak_of(saved.value().bytes, none, 0, true, *saved.value().peak);
        if (!peak) {
            return Error{path + " is damaged", 0};
        }
        peak->explanation.why.saved = true;
        return std::move(peak->explanation);
    }
    std::optional<PictureModel> picture = picture_of(saved.value().bytes, saved.value().failure, none, 0);
    if (!picture) {
        return Error{path + " is damaged", 0};
    }
    analysis::Why why = analysis::explain(picture->model, picture->failure, analysis::Moment::kRefusal);
    why.saved = true;
    why.living = false;
    return Explanation{std::make_shared<const api::Model>(std::move(picture->model)), std::move(why)};
}

}  // namespace ttmem::inventory
