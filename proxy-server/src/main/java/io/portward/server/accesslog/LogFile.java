package io.portward.server.accesslog;

import io.portward.config.model.RotateConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that lines are appended to. It is put aside as {@code FILE.1}, that one as {@code FILE.2} and so on, when it is too large or a new period
 * begins; and it is opened again when somebody has renamed or removed it, as logrotate does.
 *
 * <p>Threading: that of the log.
 */
final class LogFile implements LineSink {

    /** Addresses of clients are nobody's business but the operator's and their group's. */
    private static final String PERMISSIONS = "rw-r-----";

    /** Between attempts to put the file aside that fail. */
    private static final long RETRY_MILLIS = 60_000;

    private final Path path;
    private final RotateConfig rules;
    private final Clock clock;
    private FileChannel channel;
    private @Nullable Object key;
    private boolean regular;
    private long size;
    private long period;
    private long patientUntil = Long.MIN_VALUE;
    private @Nullable IOException trouble;

    private LogFile(Path path, RotateConfig rules, Clock clock, FileChannel channel) throws IOException {
        this.path = path;
        this.rules = rules;
        this.clock = clock;
        this.channel = channel;
        adopt();
    }

    /** @throws IOException when the file can be neither opened nor made */
    static LogFile open(Path path, RotateConfig rules, Clock clock) throws IOException {
        return new LogFile(path, rules, clock, openChannel(path));
    }

    private static FileChannel openChannel(Path path) throws IOException {
        return FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PERMISSIONS)));
    }

    /** Learns about the file just opened. */
    private void adopt() throws IOException {
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
        key = found.fileKey();
        regular = found.isRegularFile();
        size = found.size();
        // What stands in it may be of a period that is over.
        period = periodOf(size == 0 ? clock.millis() : found.lastModifiedTime().toMillis());
    }

    private long periodOf(long millis) {
        Duration every = rules.every();
        return every == null ? 0 : Math.floorDiv(millis, every.toMillis());
    }

    @Override
    public void write(byte[] lines) throws IOException {
        if (isDue(lines.length)) {
            tryToRotate();
        }
        long before = size;
        ByteBuffer rest = ByteBuffer.wrap(lines);
        try {
            while (rest.hasRemaining()) {
                size += channel.write(rest);
            }
        } catch (IOException e) {
            if (size > before) {
                takeBack(before, e);
            }
            throw e;
        }
    }

    private boolean isDue(int more) {
        boolean full = rules.size() > 0 && size + more > rules.size();
        return regular && size > 0 && clock.millis() >= patientUntil && (full || periodOf(clock.millis()) != period);
    }

    /** On a full disk the beginning of a line would otherwise be glued to the next one that fits. */
    private void takeBack(long before, IOException cause) {
        try {
            channel.truncate(before);
            size = before;
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** A folder that may not be changed any more is no reason to lose lines. */
    private void tryToRotate() {
        try {
            rotate();
        } catch (IOException e) {
            trouble = e;
            patientUntil = clock.millis() + RETRY_MILLIS;
        }
    }

    private void rotate() throws IOException {
        for (int i = rules.keep() - 1; i >= 1; i--) {
            if (Files.exists(aside(i))) {
                move(aside(i), aside(i + 1));
            }
        }
        if (Files.exists(path)) {
            move(path, aside(1));
        }
        reopen();
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path aside(int number) {
        return path.resolveSibling(path.getFileName() + "." + number);
    }

    /** If it fails, the file that is open stays so, wherever it is now: lines there are better than none. */
    private void reopen() throws IOException {
        FileChannel old = channel;
        channel = openChannel(path);
        try {
            adopt();
        } finally {
            old.close();
        }
    }

    @Override
    public void tick() throws IOException {
        IOException told = trouble;
        trouble = null;
        if (told != null) {
            throw told;
        }
        if (regular && isGone()) {
            reopen();
        } else if (regular) {
            // Somebody may have emptied it, as logrotate's copytruncate does.
            size = channel.size();
        }
    }

    private boolean isGone() throws IOException {
        try {
            Object now = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null || !key.equals(now);
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
