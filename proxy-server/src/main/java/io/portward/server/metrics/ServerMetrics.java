package io.portward.server.metrics;

import io.portward.core.observe.ServerObserver;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one server of a backend. Threading: any number of threads. */
final class ServerMetrics implements ServerObserver {

    private final LongAdder connected = new LongAdder();
    private final LongAdder disconnected = new LongAdder();
    private final LongAdder failures = new LongAdder();
    /** Believed to answer until somebody says otherwise. */
    private volatile boolean up = true;

    @Override
    public void connected() {
        connected.increment();
    }

    @Override
    public void disconnected() {
        disconnected.increment();
    }

    @Override
    public void connectFailed() {
        failures.increment();
    }

    @Override
    public void up(boolean isUp) {
        up = isUp;
    }

    /** Ends are read before beginnings, so that the difference is never negative. */
    long active() {
        long ended = disconnected.sum();
        return connected.sum() - ended;
    }

    long failures() {
        return failures.sum();
    }

    boolean isUp() {
        return up;
    }
}
