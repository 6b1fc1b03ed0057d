// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "telemetry/fields.hpp"
#include "telemetry/parse.hpp"

namespace ttmem::telemetry {
namespace {

constexpr unsigned kIdentityRepeats = 3;
constexpr double kMostBeatsPerSecond = 1000;

auto scaled(const Scale& scale) {
    return [&scale](std::string_view text) { return parse_scaled(text, scale); };
}

std::optional<std::string> arch_of_pci_device(std::string_view id) {
    id = trimmed(id);
    if (id == "0x401e") {
        return "wormhole";
    }
    if (id == "0xb140") {
        return "blackhole";
    }
    if (id == "0xfaca") {
        return "grayskull";
    }
    return std::nullopt;
}

// tt-firmware 18.4 to 18.6 reported 0 RPM for fans that turned.
bool firmware_reports_no_fan(const Reading<std::string>& bundle) {
    return bundle.value && (bundle.value->starts_with("18.4.") || bundle.value->starts_with("18.5.") ||
                            bundle.value->starts_with("18.6."));
}

}  // namespace

Probe::Probe(Node node, const Options& options) : node_(std::move(node)), options_(options) {
    constexpr std::array<const char*, kTemperature> kNames{
        "tt_asic_id", "tt_serial", "tt_aiclk", "tt_axiclk", "tt_arcclk", "tt_therm_trip_count", "tt_heartbeat"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        files_[i].path = node_.class_path + "/" + kNames[i];
    }
    for (std::size_t i = 0; i < kCounters; ++i) {
        counters_[i].path =
            node_.class_path + "/pcie_perf_counters/" + kCounterTable[i / 2].file + (i % 2 == 0 ? "0" : "1");
    }
    pids_.path = options_.procfs_root + "/driver/tenstorrent/" + std::to_string(node_.index) + "/pids";
}

FileText Probe::reread(Watched& file) {
    if (file.absent) {
        return {ENOENT, {}};
    }
    FileText text = options_.reader->reread(file.path, file.kept);
    file.absent = text.error == ENOENT;
    return text;
}

template <typename T, typename Parse>
void Probe::settle(Reading<T>& reading, const FileText& file, Parse parse) {
    switch (file.error) {
        case 0: {
            if (trimmed(file.text).empty()) {  // a short read: nothing was said, so what was known grows old
                ++tally_.other;
                reading.keep_as_stale();
                return;
            }
            auto parsed = parse(std::string_view(file.text));
            if (parsed.value) {
                ++tally_.good;
                reading.set(std::move(*parsed.value), options_.now_ns());
            } else {
                ++tally_.junk;
                reading.clear(parsed.state);
            }
            return;
        }
        case ENOENT:
        case ENOTDIR:
            ++tally_.missing;
            reading.clear(State::kUnknown);
            return;
        case ENODATA:
            ++tally_.nodata;
            reading.clear(State::kUnknown);
            return;
        case ENODEV:
        case ENXIO:
            ++tally_.gone;
            reading.clear(State::kGone);
            return;
        case EACCES:
        case EPERM:
        case EISDIR:
        case EOPNOTSUPP:
            ++tally_.other;
            reading.clear(State::kUnknown);
            return;
        default:  // EIO, EAGAIN, ENOMEM, EMFILE, ...: it may work the next time
            ++tally_.other;
            reading.keep_as_stale();
            return;
    }
}

template <typename T, typename Parse>
void Probe::settle(Reading<T>& reading, const std::string& path, Parse parse) {
    settle(reading, options_.reader->read(path), parse);
}

template <typename T, typename Parse>
void Probe::settle(Reading<T>& reading, File file, Parse parse) {
    settle(reading, reread(files_[file]), parse);
}

void Probe::learn(std::optional<std::uint64_t>& id, Identity& state, File file) {
    Reading<std::uint64_t> read;
    settle(read, file, parse_id);
    if (!read.value || read.value == id) {
        state.seen = 0;
        return;
    }
    if (!id) {
        id = read.value;
        return;
    }
    state.seen = state.seen > 0 && state.candidate == *read.value ? state.seen + 1 : 1;
    state.candidate = *read.value;
    if (state.seen >= kIdentityRepeats) {
        id = state.candidate;
        state.seen = 0;
    }
}

// True for a device that may be glanced at: it is well, and every file that a glance reads is there.
bool Probe::is_calm(const DeviceTelemetry& device, Look look) const {
    return look == Look::kGlance && device.condition == Condition::kOk && asic_.seen == 0 && serial_.seen == 0 &&
           !files_[kAiClock].absent && !files_[kTemperature].absent && !files_[kPower].absent;
}

void Probe::read_open_part(DeviceTelemetry& device, Look look) {
    FileReader& reader = *options_.reader;
    const std::string pci = node_.class_path + "/device/";
    device.kmd_index = node_.index;
    if (!node_.pci.empty()) {
        device.pci = node_.pci;
    }
    if (!device.arch) {
        device.arch = arch_of_pci_device(reader.read(pci + "device").text);
    }
    if (++since_link_ >= (is_calm(device, look) ? kFixedPeriodOfGlances : kFixedPeriod)) {
        const std::string text = reader.read(pci + "numa_node").text;
        const std::string_view node = trimmed(text);
        int number = -1;
        const auto [end, error] = std::from_chars(node.data(), node.data() + node.size(), number);
        device.numa_node = error == std::errc() && number >= 0 ? std::optional<int>(number) : std::nullopt;
        settle(device.pcie_speed_gts, pci + "current_link_speed", parse_link_speed);
        settle(device.pcie_width_lanes, pci + "current_link_width", parse_link_width);
        settle(device.pcie_max_speed_gts, pci + "max_link_speed", parse_link_speed);
        settle(device.pcie_max_width_lanes, pci + "max_link_width", parse_link_width);
        since_link_ = 0;
    }

    const FileText file = reread(pids_);
    Reading<PidList> users;
    if (file.error == 0 && trimmed(file.text).empty()) {
        users.set({}, options_.now_ns());  // unlike a sensor's file, an empty list is an answer: no process
    } else {
        settle(users, file, parse_pids);
    }
    if (users.value) {
        device.open_pids.set(std::move(users.value->pids), users.read_at_ns);
        device.hidden_opens.set(users.value->hidden, users.read_at_ns);
    } else {
        device.open_pids.clear(users.state);
        device.hidden_opens.clear(users.state);
    }
}

void Probe::find_hwmon() {
    FileReader& reader = *options_.reader;
    const std::string parent = node_.class_path + "/device/hwmon";
    std::vector<std::string> candidates;
    for (const std::string& name : reader.list(parent).names) {
        if (name.starts_with("hwmon")) {
            candidates.push_back(parent + "/" + name);
        }
    }
    std::string chosen = candidates.empty() ? std::string() : candidates.front();
    // A driver bug (tt-kmd issue 25) left two for one card: the one that measures is the right one. None measures in a
    // reset; then the one in use stays.
    if (candidates.size() > 1) {
        if (std::find(candidates.begin(), candidates.end(), hwmon_) != candidates.end()) {
            chosen = hwmon_;
        }
        for (const std::string& directory : candidates) {
            const FileText temperature = reader.read(directory + "/temp1_input");
            if (temperature.error == 0 && parse_scaled(temperature.text, kMilliCelsius).value) {
                chosen = directory;
                break;
            }
        }
    }
    hwmon_ = chosen;
    constexpr std::array<const char*, kFiles - kTemperature> kNames{"temp1_input", "in0_input", "curr1_input",
                                                                    "power1_input", "fan1_input"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        Watched& file = files_[kTemperature + i];
        file.kept = {};
        file.path = hwmon_ + "/" + kNames[i];
        file.absent = hwmon_.empty();
    }
}

void Probe::read_moving(DeviceTelemetry& device) {
    learn(device.asic_id, asic_, kAsicId);
    learn(device.serial, serial_, kSerial);
    settle(device.ai_clock_mhz, kAiClock, scaled(kMegahertz));
    settle(device.axi_clock_mhz, kAxiClock, scaled(kMegahertz));
    settle(device.arc_clock_mhz, kArcClock, scaled(kMegahertz));
    settle(device.thermal_trips, kThermalTrips, parse_counter);
    settle(device.heartbeat, kHeartbeat, parse_counter);
    const Tally before = tally_;
    read_hwmon(device);
    // The directory may have come back under another number.
    const unsigned lost = tally_.missing - before.missing + tally_.gone - before.gone;
    if (lost == kFiles - kTemperature) {
        find_hwmon();
        if (!hwmon_.empty()) {
            tally_ = before;
            read_hwmon(device);
        }
    }
}

void Probe::read_hwmon(DeviceTelemetry& device) {
    settle(device.temperature_celsius, kTemperature, scaled(kMilliCelsius));
    settle(device.voltage_volts, kVoltage, scaled(kMilliVolts));
    settle(device.current_amperes, kCurrent, scaled(kMilliAmperes));
    settle(device.power_watts, kPower, scaled(kMicroWatts));
    settle(device.fan_rpm, kFan, scaled(kRpm));
}

void Probe::read_fixed(DeviceTelemetry& device) {
    const std::string tt = node_.class_path + "/";
    settle(device.fw_bundle, tt + "tt_fw_bundle_ver", parse_firmware_version);
    settle(device.fw_arc, tt + "tt_arc_fw_ver", parse_firmware_version);
    settle(device.fw_eth, tt + "tt_eth_fw_ver", parse_firmware_version);
    settle(device.fw_m3_app, tt + "tt_m3app_fw_ver", parse_firmware_version);
    settle(device.fw_m3_bootloader, tt + "tt_m3bl_fw_ver", parse_firmware_version);
    settle(device.fw_ttflash, tt + "tt_ttflash_ver", parse_firmware_version);
    Reading<std::string> card;
    settle(card, tt + "tt_card_type", parse_card_type);
    if (card.value) {
        device.card_type = card.value;
    }
    if (!hwmon_.empty()) {
        const std::string hwmon = hwmon_ + "/";
        settle(device.temperature_limit_celsius, hwmon + "temp1_max", scaled(kMilliCelsiusLimit));
        settle(device.voltage_limit_volts, hwmon + "in0_max", scaled(kMilliVoltsLimit));
        settle(device.current_limit_amperes, hwmon + "curr1_max", scaled(kMilliAmperesLimit));
        settle(device.power_limit_watts, hwmon + "power1_max", scaled(kMicroWattsLimit));
        if (!device.arch) {
            const std::string name(trimmed(options_.reader->read(hwmon + "name").text));
            if (name == "wormhole" || name == "blackhole" || name == "grayskull") {
                device.arch = name;
            }
        }
        return;
    }
    for (Reading<double>* reading : {&device.temperature_limit_celsius, &device.voltage_limit_volts,
                                     &device.current_limit_amperes, &device.power_limit_watts}) {
        reading->clear(State::kUnknown);
    }
}

Condition Probe::judge(Condition before) const {
    if (tally_.good > 0) {
        return Condition::kOk;
    }
    if (tally_.gone > 0) {
        return Condition::kGone;
    }
    if (tally_.nodata > 0) {
        return Condition::kInReset;
    }
    if (tally_.junk > 0) {
        return Condition::kLinkDown;
    }
    if (tally_.other > 0) {
        return before == Condition::kStarting ? Condition::kLinkDown : before;
    }
    return options_.reader->incarnation(node_.class_path) == 0 ? Condition::kGone : Condition::kNoFirmware;
}

// True when every value that a glance reads is good; else the device's condition is still to be found out.
bool Probe::glance(DeviceTelemetry& device) {
    tally_ = {};
    settle(device.ai_clock_mhz, kAiClock, scaled(kMegahertz));
    settle(device.temperature_celsius, kTemperature, scaled(kMilliCelsius));
    settle(device.power_watts, kPower, scaled(kMicroWatts));
    if (tally_.good < 3) {
        return false;
    }
    if (++since_counters_ >= counter_period(device)) {
        settle(device.heartbeat, kHeartbeat, parse_counter);
        read_counters(device, follow_heart(device, true));
        since_counters_ = 0;
    }
    device.last_answer_ns = options_.now_ns();
    return true;
}

void Probe::read_held_part(DeviceTelemetry& device, Look look) {
    const bool calm = is_calm(device, look);
    const bool fixed_due = ++since_fixed_ >= (calm ? kFixedPeriodOfGlances : kFixedPeriod);
    if (calm && !fixed_due && ++since_whole_ < kGlancesToAWhole && glance(device)) {
        return;
    }
    since_whole_ = 0;
    since_counters_ = 0;
    tally_ = {};
    const Condition before = device.condition;
    if (fixed_due) {
        for (Watched& file : files_) {
            file.absent = false;
        }
        for (Watched& file : counters_) {
            file.absent = false;
        }
        pids_.absent = false;
        find_hwmon();
        read_fixed(device);
        since_fixed_ = 0;
    }
    read_moving(device);
    device.condition = judge(before);
    if (device.condition != before && before != Condition::kStarting) {
        since_fixed_ = kNever;
        since_link_ = kNever;
    }

    const bool answers = device.condition == Condition::kOk || device.condition == Condition::kNoFirmware;
    const bool resetting = device.condition == Condition::kInReset || device.condition == Condition::kLinkDown;
    if (resetting && before != Condition::kInReset && before != Condition::kLinkDown &&
        before != Condition::kStarting) {
        ++device.resets_seen;
    }
    if (device.fan_rpm.known() && *device.fan_rpm.value == 0 && firmware_reports_no_fan(device.fw_bundle)) {
        device.fan_rpm.clear(State::kImplausible);
    }

    const bool restarted = follow_heart(device, answers);

    if (answers) {
        read_counters(device, restarted);
    } else if (traffic_) {
        traffic_->gap();
        device.traffic_is_lower_bound = true;
    }

    if (device.condition == Condition::kInReset || device.condition == Condition::kGone) {
        const State why = device.condition == Condition::kGone ? State::kGone : State::kInReset;
        for_each_reading(device, [why](auto& reading, Field field) {
            if (field == Field::kMoving || field == Field::kFixed) {
                reading.clear(why);
            }
        });
    } else if (!answers) {
        device.host_to_device_bytes_per_second.clear(State::kImplausible);
        device.device_to_host_bytes_per_second.clear(State::kImplausible);
    }
    if (!answers) {
        device.host_to_device_bytes.keep_as_stale();
        device.device_to_host_bytes.keep_as_stale();
    } else {
        device.last_answer_ns = options_.now_ns();
    }
}

// True: the firmware has started again.
bool Probe::follow_heart(DeviceTelemetry& device, bool answers) {
    if (!device.heartbeat.known()) {
        device.heartbeat_per_second.clear(device.heartbeat.value ? State::kUnknown : device.heartbeat.state);
        if (!answers) {
            heart_.gap();
        }
        return false;
    }
    const auto beat = heart_.update(static_cast<std::uint32_t>(*device.heartbeat.value), device.heartbeat.read_at_ns);
    device.resets_seen += beat.restarted ? 1 : 0;
    if (!beat.per_second) {
        device.heartbeat_per_second.clear(State::kUnknown);
    } else if (*beat.per_second > kMostBeatsPerSecond) {
        device.heartbeat_per_second.clear(State::kImplausible);
    } else {
        device.heartbeat_per_second.set(*beat.per_second, device.heartbeat.read_at_ns);
    }
    return beat.restarted;
}

// In passes: three quarters of the time in which one counter wraps at the link's full speed.
unsigned Probe::counter_period(const DeviceTelemetry& device) const {
    if (!traffic_ || !device.flit_bytes) {
        return 1;
    }
    const double speed = std::max(device.pcie_speed_gts.value.value_or(0), device.pcie_max_speed_gts.value.value_or(0));
    const double width =
        std::max(device.pcie_width_lanes.value.value_or(0), device.pcie_max_width_lanes.value.value_or(0));
    const double link = speed * width > 0 ? speed * width * 1e9 / 8 : TrafficMeter::kFastestLink;
    const double round = TrafficMeter::kRound * *device.flit_bytes / link;
    return static_cast<unsigned>(std::clamp(round * 0.75 / std::chrono::duration<double>(options_.interval).count(),
                                            1.0, static_cast<double>(kGlancesToAWhole)));
}

void Probe::read_counters(DeviceTelemetry& device, bool firmware_restarted) {
    RawCounters raw{};
    unsigned all_ones = 0;
    State trouble = State::kKnown;
    for (std::size_t i = 0; i < kCounters && trouble == State::kKnown; ++i) {
        const FileText file = reread(counters_[i]);
        const auto value = file.error == 0 ? parse_u32(file.text) : std::nullopt;
        if (value) {
            raw[i] = *value;
            all_ones += *value == 0xFFFFFFFFu ? 1 : 0;
        } else if (file.error == ENODEV) {
            trouble = State::kGone;
        } else if (file.error != 0 || trimmed(file.text).empty()) {
            trouble = State::kUnknown;
        } else {
            trouble = State::kImplausible;
        }
    }
    // These files have no reset lock: a dead link answers all ones, which is not traffic.
    if (trouble == State::kKnown && all_ones > 0) {
        trouble = State::kImplausible;
    }
    if (trouble != State::kKnown) {
        // A single counter at all ones may be chance, which the next sample settles; all at once: the link was down.
        if (traffic_ && all_ones != 1) {
            traffic_->gap();
            device.traffic_is_lower_bound = true;
        }
        for (Reading<double>* rate :
             {&device.host_to_device_bytes_per_second, &device.device_to_host_bytes_per_second}) {
            rate->clear(trouble);
        }
        for (Reading<std::uint64_t>* total : {&device.host_to_device_bytes, &device.device_to_host_bytes}) {
            if (total->value) {
                total->keep_as_stale();
            } else {
                total->clear(trouble);
            }
        }
        return;
    }

    if (!traffic_) {
        const bool blackhole = device.arch == "blackhole";
        device.flit_bytes = blackhole ? options_.flit_bytes_blackhole : options_.flit_bytes_wormhole;
        traffic_.emplace(*device.flit_bytes);
    }
    const double link = device.pcie_speed_gts.value && device.pcie_width_lanes.value
                            ? *device.pcie_speed_gts.value * *device.pcie_width_lanes.value * 1e9 / 8
                            : 0;
    const std::uint64_t now = options_.now_ns();
    const TrafficMeter::Totals totals = traffic_->update(raw, now, link, firmware_restarted);
    device.host_to_device_bytes.set(totals.host_to_device_bytes, now);
    device.device_to_host_bytes.set(totals.device_to_host_bytes, now);
    device.traffic_is_lower_bound = totals.lower_bound;
    if (totals.reset_seen && !firmware_restarted) {
        ++device.resets_seen;
    }
    const auto rate = [now](Reading<double>& reading, const std::optional<double>& value) {
        if (value) {
            reading.set(*value, now);
        } else {
            reading.clear(State::kUnknown);
        }
    };
    rate(device.host_to_device_bytes_per_second, totals.host_to_device_per_second);
    rate(device.device_to_host_bytes_per_second, totals.device_to_host_per_second);
}

}  // namespace ttmem::telemetry
