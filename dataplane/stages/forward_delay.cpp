#include "dataplane/stages/forward_delay.hpp"

#include <algorithm>

namespace pollux::stages {

void set_arrival(Context& context, std::uint64_t tsc) {
  for (TxQueue& queue : context.tx) {
    std::fill(queue.arrival_tsc.begin() + queue.dated, queue.arrival_tsc.begin() + queue.count,
              context.arrival_tsc);
    queue.dated = queue.count;
  }
  context.arrival_tsc = tsc;
}

void set_passed_arrival(Context& context, std::uint32_t mark) {
  // That loop may have begun after this one: the difference has a sign.
  const auto age = static_cast<std::int32_t>(arrival_mark(context) - mark);
  set_arrival(context, context.now_tsc - static_cast<std::uint64_t>(std::int64_t{age}));
}

void count_forward_delay(Context& context, TxQueue& queue, unsigned sent) {
  const std::uint64_t now = rte_rdtsc();
  set_arrival(context, context.arrival_tsc);
  for (unsigned first = 0; first < sent;) {
    const std::uint64_t arrival = queue.arrival_tsc[first];
    unsigned last = first + 1;
    while (last < sent && queue.arrival_tsc[last] == arrival) {
      ++last;
    }
    if (arrival != 0) {
      const std::int64_t ns = now > arrival ? context.tsc_ns(now - arrival) : 0;
      context.counters.forward_delay.add(static_cast<std::uint64_t>(ns), last - first);
    }
    first = last;
  }
  queue.dated = 0;
}

}  // namespace pollux::stages
