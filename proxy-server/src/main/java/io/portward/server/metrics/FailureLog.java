package io.portward.server.metrics;

import io.netty.util.NetUtil;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log which handshakes failed on one port, without letting strangers fill the disk: the first failure since the last summary
 * is an INFO line with its detail, the others are counted and told by {@link #summarise}, and are DEBUG lines besides.
 *
 * <p>Threading: {@link #failed} from any event loop, {@link #summarise} from one thread at a time.
 */
final class FailureLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(FailureLog.class);

    private static final String LINE = "port {}: handshake with {} failed: {} ({})";

    private final String port;
    private final Map<HandshakeFailure, LongAdder> untold = new EnumMap<>(HandshakeFailure.class);
    /** Set by the first failure of an interval; plain reads on the way keep a flood of failures cheap. */
    private final AtomicBoolean told = new AtomicBoolean();

    FailureLog(String port) {
        this.port = port;
        for (HandshakeFailure reason : HandshakeFailure.values()) {
            untold.put(reason, new LongAdder());
        }
    }

    void failed(HandshakeFailure reason, ConnectionInfo connection, String detail) {
        if (!told.get() && told.compareAndSet(false, true)) {
            LOGGER.info(LINE, port, NetUtil.toSocketAddressString(connection.client()), reason.label(), detail);
            return;
        }
        Objects.requireNonNull(untold.get(reason)).increment();
        if (LOGGER.isDebugEnabled()) {
            LOGGER.debug(LINE, port, NetUtil.toSocketAddressString(connection.client()), reason.label(), detail);
        }
    }

    /** Tells the failures counted since the last call, if there were any, and starts a new interval. */
    void summarise() {
        Map<HandshakeFailure, Long> counts = new EnumMap<>(HandshakeFailure.class);
        untold.forEach((reason, adder) -> {
            long count = adder.sumThenReset();
            if (count > 0) {
                counts.put(reason, count);
            }
        });
        if (!counts.isEmpty()) {
            long sum = counts.values().stream().mapToLong(Long::longValue).sum();
            String reasons = counts.entrySet().stream()
                    .sorted(Map.Entry.<HandshakeFailure, Long>comparingByValue().reversed())
                    .map(entry -> entry.getKey().label() + " " + entry.getValue())
                    .collect(Collectors.joining(", "));
            LOGGER.info("port {}: {} more failed handshakes: {}", port, sum, reasons);
        }
        told.set(false);
    }
}
