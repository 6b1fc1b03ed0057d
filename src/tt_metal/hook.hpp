// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a stand-in is declared: under the mangled name of the function it stands in for, and exported (hooks.map says the
// same).
#pragma once

#define TTMEM_STAND_IN(name) __asm__(name) __attribute__((visibility("default"), used))
// One that is called for every buffer or launch: these lie side by side.
#define TTMEM_HOT_STAND_IN(name) __asm__(name) __attribute__((visibility("default"), used, hot))
