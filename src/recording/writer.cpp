// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/writer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "recording/compress.hpp"

namespace ttmem::recording {

Result<Writer> Writer::create(const std::string& path, uint64_t most_bytes) {
    // O_EXCL follows no symbolic link either.
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600));
    if (!fd.valid()) {
        return Error{errno == EEXIST ? path + " exists already, and a recording never overwrites a file"
                                     : "cannot make " + path + ": " + std::strerror(errno),
                     errno};
    }
    Writer writer(std::move(fd));
    writer.path_ = path;
    writer.most_bytes_ = most_bytes;
    writer.shrink_at_ = most_bytes;
    if (!writer.put_header()) {
        const Error error = *writer.error_;
        ::unlink(path.c_str());
        return error;
    }
    return Result<Writer>(std::move(writer));
}

Result<Writer> Writer::create_in_memory() {
    UniqueFd fd(memfd_create("ttmem-recording", MFD_CLOEXEC));
    if (!fd.valid()) {
        return Error{std::string("no memory for a recording: ") + std::strerror(errno), errno};
    }
    Writer writer(std::move(fd));
    return writer.put_header() ? Result<Writer>(std::move(writer)) : *writer.error_;
}

bool Writer::put_header() {
    FileHeader header{};
    header.magic = kFileMagic;
    header.major = kMajor;
    header.minor = kMinor;
    header.header_bytes = sizeof header;
    header.created_ns = clock_ns(CLOCK_REALTIME);
    if (getrandom(&header.nonce, sizeof header.nonce, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof header.nonce)) {
        header.nonce = clock_ns(CLOCK_MONOTONIC);
    }
    return put(&header, sizeof header);
}

bool Writer::put(const void* bytes, size_t count) {
    const char* at = static_cast<const char*>(bytes);
    while (!error_ && count > 0) {
        const ssize_t written = ::pwrite(fd_.get(), at, count, static_cast<off_t>(offset_));
        if (written > 0) {
            at += written;
            count -= static_cast<size_t>(written);
            offset_ += static_cast<uint64_t>(written);
        } else if (written == 0 || errno != EINTR) {
            const int why = written == 0 ? ENOSPC : errno;
            error_ = Error{std::string("cannot write the recording: ") + std::strerror(why), why};
        }
    }
    return !error_;
}

bool Writer::append(ChunkKind kind, uint32_t process, std::string_view payload, uint32_t count, uint64_t first_ns,
                    uint64_t last_ns, uint16_t flags) {
    if (error_) {
        return false;
    }
    std::optional<std::string> stored = payload.size() <= kMostRawBytes ? compress(payload) : std::nullopt;
    if (!stored) {
        error_ =
            Error{"cannot write the recording: no memory for a chunk of " + std::to_string(payload.size()) + " bytes"};
        return false;
    }
    ChunkHead head{};
    head.magic = kChunkMagic;
    head.kind = kind;
    head.flags = flags;
    head.process = process;
    head.count = count;
    head.stored_bytes = stored->size();
    head.raw_bytes = payload.size();
    head.first_ns = first_ns;
    head.last_ns = last_ns;
    head.sequence = sequence_;
    head.check = check_of(&head, offsetof(ChunkHead, check));
    const ChunkPlace place{offset_, head};
    stored->insert(0, reinterpret_cast<const char*>(&head), sizeof head);
    stored->resize((stored->size() + 7) / 8 * 8, '\0');
    if (!put(stored->data(), stored->size())) {
        return false;
    }
    ++sequence_;
    places_.push_back(place);
    if (shrink_at_ != 0 && offset_ > shrink_at_ && kind != kChunkIndex) {
        keep_the_latest();
    }
    return !error_;
}

// The file is replaced in one step, so that it is whole at every moment. Where that cannot be done, it is left to grow:
// what is recorded is worth more than the bound.
void Writer::keep_the_latest() {
    const std::string beside = path_ + ".shorter." + std::to_string(::getpid());
    UniqueFd shorter(::open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600));
    if (!shorter.valid()) {
        shrink_at_ = 0;
        return;
    }
    std::swap(fd_, shorter);  // `shorter` is the long one from here on
    const std::vector<ChunkPlace> places = std::exchange(places_, {});
    const uint64_t offset = std::exchange(offset_, 0), sequence = std::exchange(sequence_, 0);
    // Where the file was moved away, its name may be that of another one by now, which is never overwritten.
    struct stat ours {
    }, named{};
    const bool is_ours = ::fstat(shorter.get(), &ours) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
                         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
    if (is_ours && put_header() && copy_kept(shorter, places, most_bytes_ / 2) &&
        ::rename(beside.c_str(), path_.c_str()) == 0) {
        // Names alone may fill the bound: the file then grows by half of it before it is looked through once more.
        shrink_at_ = std::max(most_bytes_, offset_ + most_bytes_ / 2);
        return;
    }
    ::unlink(beside.c_str());
    std::swap(fd_, shorter);
    places_ = places;
    offset_ = offset;
    sequence_ = sequence;
    error_.reset();
    shrink_at_ = 0;
}

// All chunks but the oldest ones of events: of those the latest, in `most_event_bytes`.
bool Writer::copy_kept(UniqueFd& from, const std::vector<ChunkPlace>& places, uint64_t most_event_bytes) {
    const auto size_of = [](const ChunkPlace& place) {
        return (sizeof(ChunkHead) + place.head.stored_bytes + 7) / 8 * 8;
    };
    size_t first = places.size();
    for (uint64_t bytes = 0; first > 0; --first) {
        const ChunkPlace& place = places[first - 1];
        bytes += place.head.kind == kChunkEvents || place.head.kind == kChunkPrograms ? size_of(place) : 0;
        if (bytes > most_event_bytes) {
            break;
        }
    }
    std::set<uint32_t> dropped;  // processes of which the next chunk of events is the first one now
    // Of each process the last one stays whatever its age: what lived last is in it, and the flag that others are gone.
    std::map<uint32_t, size_t> last;
    for (size_t i = 0; i < places.size(); ++i) {
        if (places[i].head.kind == kChunkEvents) {
            last[places[i].head.process] = i;
        }
    }
    std::string bytes;
    // The state of programs stays with the next chunk of events that does: it may stand long before, unchanged since.
    std::map<uint32_t, size_t> programs;
    const auto copy = [&](ChunkPlace place) {
        bytes.resize(size_of(place));
        if (::pread(from.get(), bytes.data(), bytes.size(), static_cast<off_t>(place.offset)) !=
            static_cast<ssize_t>(bytes.size())) {
            return false;
        }
        if (place.head.kind == kChunkEvents && dropped.erase(place.head.process) != 0) {
            place.head.flags |= kChunkAfterDropped;
        }
        place.head.sequence = sequence_++;
        place.head.check = check_of(&place.head, offsetof(ChunkHead, check));
        place.offset = offset_;
        std::memcpy(bytes.data(), &place.head, sizeof place.head);
        if (!put(bytes.data(), bytes.size())) {
            return false;
        }
        places_.push_back(place);
        return true;
    };
    for (size_t i = 0; i < places.size(); ++i) {
        const uint32_t process = places[i].head.process;
        if (places[i].head.kind == kChunkPrograms) {
            programs[process] = i;
            continue;
        }
        const bool events = places[i].head.kind == kChunkEvents;
        if (events && i < first && last[process] != i) {
            dropped.insert(process);
            continue;
        }
        const auto loaded = events ? programs.find(process) : programs.end();
        if (loaded != programs.end()) {
            if (!copy(places[loaded->second])) {
                return false;
            }
            programs.erase(loaded);
        }
        if (!copy(places[i])) {
            return false;
        }
    }
    // The state of a chunk that is being written.
    return std::all_of(programs.begin(), programs.end(), [&](const auto& each) { return copy(places[each.second]); });
}

bool Writer::finish() {
    Packer to;
    to.number(places_.size());
    for_each_index_column([&to, this](const auto& member) {
        to.column(places_, [&member](const ChunkPlace& place) { return member(place, nullptr); });
    });
    Footer footer{};
    footer.magic = kFooterMagic;
    footer.index_offset = offset_;
    footer.chunks = places_.size();
    footer.check = check_of(&footer, offsetof(Footer, check));
    return append(kChunkIndex, 0, to.bytes(), 0, 0, 0) && put(&footer, sizeof footer);
}

void OpenChunk::begin(const Moment& moment, const std::vector<uint64_t>& positions, uint16_t flags, uint64_t missed) {
    packer_ = Packer();
    pack_checkpoint(packer_, missed, positions, moment.by_id());
    events_.clear();
    flags_ = flags;
    begun_ = true;
}

bool OpenChunk::write(Writer& writer, uint32_t process, bool even_empty) {
    if (!begun_ || (events_.count() == 0 && !even_empty)) {
        return !writer.error();
    }
    events_.pack_into(packer_);
    const uint64_t first = events_.count() == 0 ? began_ns_ : events_.first_ns();
    const uint64_t last = events_.count() == 0 ? began_ns_ : events_.last_ns();
    begun_ = false;
    return writer.append(kChunkEvents, process, packer_.bytes(), static_cast<uint32_t>(events_.count()), first, last,
                         flags_);
}

}  // namespace ttmem::recording
