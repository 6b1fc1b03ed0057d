// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For work that is handed to an event loop or another thread and comes back later: whether the object that gave it out is
// still there.
//
//   class Routes {
//       void ask() {
//           models_.get([self = alive_.watch()](const SharedModel& model) {
//               if (Routes* const routes = self.get()) { routes->show(*model); }
//           });
//       }
//       Alive<Routes> alive_{this};  // the last member, so that it is gone first
//   };
//
// An object and its late callbacks belong to one thread: get() must be called where the object may be destroyed. A
// watch may be copied, moved and dropped on any thread.
#pragma once

#include <memory>
#include <utility>

namespace ttmem {

template <typename Owner>
class Alive {
public:
    class Watch {
    public:
        // nullptr: the object is gone.
        Owner* get() const {
            const std::shared_ptr<Owner*> owner = owner_.lock();
            return owner == nullptr ? nullptr : *owner;
        }

    private:
        friend class Alive;
        explicit Watch(std::weak_ptr<Owner*> owner) : owner_(std::move(owner)) {}
        std::weak_ptr<Owner*> owner_;
    };

    explicit Alive(Owner* owner) : owner_(std::make_shared<Owner*>(owner)) {}
    Alive(const Alive&) = delete;
    Alive& operator=(const Alive&) = delete;

    Watch watch() const { return Watch(owner_); }

private:
    std::shared_ptr<Owner*> owner_;
};

}  // namespace ttmem
