package io.portward.server.metrics;

import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.HandshakeFailure;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log which handshakes failed on one port, without letting strangers fill the disk: the first failure since the last summary
 * is an INFO line with its detail, the others are counted and told by {@link #summarise}. Each one is a DEBUG line besides.
 *
 * <p>Threading: {@link #failed} from any event loop, {@link #summarise} from one thread at a time.
 */
final class FailureLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(FailureLog.class);
    private static final HandshakeFailure[] REASONS = HandshakeFailure.values();

    private final String port;
    private final AtomicIntegerArray untold = new AtomicIntegerArray(REASONS.length);
    /** Set by the first failure of an interval; plain reads on the way keep a flood of failures cheap. */
    private final AtomicBoolean told = new AtomicBoolean();

    FailureLog(String port) {
        this.port = port;
    }

    void failed(HandshakeFailure reason, ConnectionInfo connection, String detail) {
        if (LOGGER.isDebugEnabled()) {
            LOGGER.debug(
                    "port {}: handshake with {} failed: {} ({})", port, connection.client(), reason.label(), detail);
        }
        if (!told.get() && told.compareAndSet(false, true)) {
            LOGGER.info(
                    "port {}: handshake with {} failed: {} ({})", port, connection.client(), reason.label(), detail);
        } else {
            untold.incrementAndGet(reason.ordinal());
        }
    }

    /** Tells the failures counted since the last call, if there were any, and starts a new interval. */
    void summarise() {
        Map<HandshakeFailure, Integer> counts = new EnumMap<>(HandshakeFailure.class);
        for (HandshakeFailure reason : REASONS) {
            int count = untold.getAndSet(reason.ordinal(), 0);
            if (count > 0) {
                counts.put(reason, count);
            }
        }
        if (!counts.isEmpty()) {
            int sum = counts.values().stream().mapToInt(Integer::intValue).sum();
            String reasons = counts.entrySet().stream()
                    .sorted(Map.Entry.<HandshakeFailure, Integer>comparingByValue()
                            .reversed())
                    .map(entry -> entry.getKey().label() + " " + entry.getValue())
                    .collect(Collectors.joining(", "));
            LOGGER.info("port {}: {} more failed handshakes: {}", port, sum, reasons);
        }
        told.set(false);
    }
}
