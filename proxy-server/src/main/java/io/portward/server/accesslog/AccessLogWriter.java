package io.portward.server.accesslog;

import io.portward.config.model.AccessLogConfig;
import io.portward.core.observe.AccessLog;
import io.portward.core.observe.AccessRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records from event loops and writes their lines on a thread of its own. When more come than can be written, those that find the queue full
 * are dropped and counted.
 *
 * <p>The thread looks into the queue at intervals instead of being woken for each record: waking costs the one who wakes more than a record does.
 *
 * <p>Threading: {@link #add} from any thread, without a lock; the rest from the thread that starts and stops the process.
 */
public final class AccessLogWriter implements AccessLog, AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(AccessLogWriter.class);

    /** A quarter of a second of 30,000 requests a second; 5 MB with usual headers, 100 MB at worst. */
    static final int CAPACITY = 8_192;

    private static final long LOOK_NANOS = 50_000_000L;
    private static final long TICK_NANOS = 1_000_000_000L;
    private static final int BATCH_CHARS = 64 * 1024;
    private static final long CLOSE_MILLIS = 5_000;

    private final LineFormat format;
    private final LineSink sink;
    private final Clock clock;
    private final Thread thread = new Thread(this::run, "access-log");
    private final Queue<AccessRecord> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final List<FailureLines> failures = new CopyOnWriteArrayList<>();
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private volatile boolean closing;
    private volatile boolean ended;

    // Of the log's thread alone.
    private final StringBuilder batch = new StringBuilder(BATCH_CHARS + BATCH_CHARS / 4);
    private int batchLines;
    private boolean broken;
    private boolean misplaced;
    private long lostSince;
    private long nextTick = System.nanoTime() + TICK_NANOS;

    AccessLogWriter(LineFormat format, LineSink sink, Clock clock) {
        this.format = format;
        this.sink = sink;
        this.clock = clock;
        thread.setDaemon(true);
    }

    /**
     * Opens the file, if it is one, and starts the thread.
     *
     * @throws IOException with one line for the operator
     */
    public static AccessLogWriter open(AccessLogConfig config) throws IOException {
        Clock clock = Clock.systemUTC();
        LineFormat format = config.format() == AccessLogConfig.Format.COMBINED
                ? new CombinedLines(config.query())
                : new JsonLines(config.query());
        AccessLogWriter log = new AccessLogWriter(format, sink(config, clock), clock);
        log.start();
        return log;
    }

    private static LineSink sink(AccessLogConfig config, Clock clock) throws IOException {
        if (config.file() == null) {
            return new StandardOutput();
        }
        try {
            return LogFile.open(config.file(), config.rotate(), clock);
        } catch (IOException e) {
            throw new IOException("access log: cannot open '" + config.file() + "': " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied; change the owner of the file or its directory";
        }
        return e instanceof NoSuchFileException ? "there is no such directory" : String.valueOf(e.getMessage());
    }

    void start() {
        thread.start();
    }

    /** Has a line written now and then about the failures that {@code counter} left out. */
    void follow(FailureLines counter) {
        failures.add(counter);
    }

    @Override
    public void add(AccessRecord line) {
        int now = waiting.incrementAndGet();
        if (now > CAPACITY || ended) {
            waiting.decrementAndGet();
            dropped.increment();
            return;
        }
        queue.add(line);
        if (now == CAPACITY / 2) {
            LockSupport.unpark(thread);
        }
    }

    /** Lines written since the start. */
    public long written() {
        return written.sum();
    }

    /** Records for which the queue had no room. */
    public long dropped() {
        return dropped.sum();
    }

    /** Lines that could not be written. */
    public long lost() {
        return lost.sum();
    }

    private void run() {
        boolean last = false;
        while (!last) {
            // Read before the queue is: what was added before the end is written.
            last = closing;
            drain();
            if (last || System.nanoTime() - nextTick >= 0) {
                tick();
            }
            if (!last && waiting.get() == 0) {
                LockSupport.parkNanos(this, LOOK_NANOS);
            }
        }
        ended = true;
        try {
            sink.close();
        } catch (IOException e) {
            LOGGER.warn("access log not closed: {}", e.getMessage());
        }
    }

    private void drain() {
        for (AccessRecord line = queue.poll(); line != null; line = queue.poll()) {
            waiting.decrementAndGet();
            int before = batch.length();
            try {
                batchLines += format.append(batch, line) ? 1 : 0;
            } catch (RuntimeException e) {
                batch.setLength(before);
                failed(1, e);
            }
            if (batch.length() >= BATCH_CHARS) {
                flush();
                if (!closing && System.nanoTime() - nextTick >= 0) {
                    // A file that was renamed is noticed under any load.
                    return;
                }
            }
        }
        flush();
    }

    private void tick() {
        nextTick = System.nanoTime() + TICK_NANOS;
        for (FailureLines counter : failures) {
            long count = counter.takeLeftOut();
            if (count > 0 && format.appendLeftOut(batch, clock.millis(), counter.port(), count)) {
                batchLines++;
            }
        }
        flush();
        try {
            sink.tick();
            misplaced = false;
        } catch (IOException e) {
            if (!misplaced) {
                misplaced = true;
                LOGGER.warn("access log: no new file, lines go on into the one that is open: {}", e.toString());
            }
        }
    }

    private void flush() {
        if (batchLines == 0) {
            return;
        }
        try {
            sink.write(batch.toString().getBytes(StandardCharsets.UTF_8));
            written.add(batchLines);
            recovered();
        } catch (IOException e) {
            failed(batchLines, e);
        }
        batch.setLength(0);
        batchLines = 0;
    }

    /** One line in the process's log for each trouble, however long it lasts. */
    private void failed(int lines, Exception why) {
        lost.add(lines);
        lostSince += lines;
        if (!broken) {
            broken = true;
            LOGGER.error("access log cannot be written, lines are being lost: {}", why.toString());
        }
    }

    private void recovered() {
        if (broken) {
            broken = false;
            LOGGER.warn("access log is written again; lines lost: {}", lostSince);
            lostSince = 0;
        }
    }

    /** Writes what is queued, then closes the file; gives up on an output that takes nothing for 5 s. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOGGER.warn("access log: its output takes nothing; lines lost: {}", waiting.get());
        }
    }
}
