// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/container.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ttmem::inventory {
namespace {

using namespace std::string_literals;

const std::string kId(64, 'a');
const std::string kUid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const std::string kEscapedUid = "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0";

api::Container parsed(const std::string& cgroup, const std::string& environment = "") {
    return parse_container(cgroup, environment).value_or(api::Container{"none", "", "", ""});
}

TEST(Container, DockerAndPodman) {
    const api::Container docker = parsed("0::/system.slice/docker-" + kId + ".scope\n");
    EXPECT_EQ(docker.runtime, "docker");
    EXPECT_EQ(docker.id, kId);
    EXPECT_EQ(parsed("12:memory:/docker/" + kId + "\n").id, kId) << "version 1 of cgroups";
    EXPECT_EQ(parsed("0::/user.slice/user-1000.slice/libpod-" + kId + ".scope/container\n").runtime, "podman");
    EXPECT_EQ(parsed("0::/" + kId + "\n").runtime, "");
    EXPECT_EQ(parsed("0::/\n", "A=1\0container=podman\0"s).runtime, "podman");
    EXPECT_EQ(parsed("0::/\n", "container=oh\nmy\0"s).runtime, "none");
}

TEST(Container, KubernetesPods) {
    const api::Container systemd = parsed("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" +
                                          kEscapedUid + ".slice/cri-containerd-" + kId + ".scope\n");
    EXPECT_EQ(systemd.runtime, "kubernetes");
    EXPECT_EQ(systemd.id, kId);
    EXPECT_EQ(systemd.pod, kUid);
    EXPECT_EQ(parsed("11:cpu:/kubepods/besteffort/pod" + kUid + "/" + kId + "\n").pod, kUid);
    EXPECT_EQ(parsed("0::/kubepods/pod" + std::string(32, 'b') + "/" + kId + "\n").pod, std::string(32, 'b'))
        << "static";
    EXPECT_EQ(parsed("0::/kubepods.slice/pod1/" + kId + "\n").pod, "");
}

TEST(Container, SlurmJobs) {
    EXPECT_EQ(parsed("9:freezer:/slurm/uid_1000/job_4711/step_0\n").job, "4711");
    EXPECT_EQ(parsed("0::/system.slice/slurmstepd.scope/job_12/step_batch/user/task_0\n").job, "12");
    EXPECT_EQ(parsed("0::/elsewhere/job_12/\n").runtime, "none") << "nothing of Slurm's";
    EXPECT_EQ(parsed("0::/user.slice\n", "SLURM_JOB_ID=77\0X=1"s).job, "77");
    EXPECT_EQ(parsed("9:x:/slurm/uid_1/job_5/step_0\n", "SLURM_JOB_ID=77\0"s).job, "5") << "the kernel's word counts";
    EXPECT_EQ(parsed("0::/\n", "SLURM_JOB_ID=7; rm\0"s).runtime, "none");
    EXPECT_EQ(parsed("0::/\n", "SLURM_JOB_ID=" + std::string(40, '7')).runtime, "none");
}

TEST(Container, WhatIsNoneIsNone) {
    EXPECT_FALSE(parse_container("", ""));
    EXPECT_FALSE(parse_container("0::/user.slice/session-1.scope\n", "HOME=/x"));
    EXPECT_FALSE(parse_container("0::/" + kId + "aa\n", "")) << "longer than an id";
    EXPECT_FALSE(parse_container("0::/" + kId.substr(1) + "\n", "")) << "shorter";
}

}  // namespace
}  // namespace ttmem::inventory
