package io.portward.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The {@code process_} family under the names that Prometheus recommends for every exporter; Micrometer's binders use others, which common
 * dashboards do not know. And Netty's buffers, for which Micrometer's binder has neither a help text nor a unit.
 */
final class ProcessFamilies implements MultiCollector {

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final long BYTES_PER_KIB = 1024;
    private static final Path STATUS = Path.of("/proc/self/status");

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        gauge(
                all,
                "process_start_time_seconds",
                "When the process started, in seconds since 1970.",
                ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS_PER_SECOND);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            CounterFamily cpu = new CounterFamily("process_cpu_seconds", "Processor time used, user and system.");
            cpu.add(system.getProcessCpuTime() / NANOS_PER_SECOND);
            all.metricSnapshot(cpu.snapshot());
            gauge(all, "process_open_fds", "Open file descriptors.", (double) system.getOpenFileDescriptorCount());
            gauge(all, "process_max_fds", "Limit of open file descriptors.", (double)
                    system.getMaxFileDescriptorCount());
        }
        long resident = residentBytes();
        if (resident >= 0) {
            gauge(all, "process_resident_memory_bytes", "Resident memory.", (double) resident);
        }
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
            GaugeFamily buffers = new GaugeFamily(
                    "netty_allocator_memory_used_bytes",
                    "Memory held for network buffers, those in use and those kept for the next connection.",
                    "memory_type");
            buffers.add(provider.metric().usedDirectMemory(), "direct");
            buffers.add(provider.metric().usedHeapMemory(), "heap");
            all.metricSnapshot(buffers.snapshot());
        }
        return all.build();
    }

    private static void gauge(MetricSnapshots.Builder all, String name, String help, double value) {
        GaugeFamily family = new GaugeFamily(name, help);
        family.add(value);
        all.metricSnapshot(family.snapshot());
    }

    /** From {@code VmRSS:  123 kB}; -1 where the kernel does not tell. */
    private static long residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * BYTES_PER_KIB;
                }
            }
        } catch (IOException e) {
            // No /proc here (a chroot, or not Linux): the metric is left out, the scrape goes on.
            return -1;
        }
        return -1;
    }
}
