package io.portward.config.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a log file is put aside for a new one.
 *
 * @param size in bytes, beyond which it is; 0 for never
 * @param every counted from 1970 in UTC, so that {@code 1d} is midnight; null for never
 * @param keep how many files put aside stay
 */
public record RotateConfig(long size, @Nullable Duration every, int keep) {

    /** Below it more time would go into renaming than into writing. */
    public static final long MIN_SIZE = 64 * 1024;

    /** At most 1.1 GiB in all: a log nobody looks after must not fill the disk. */
    public static final RotateConfig DEFAULT = new RotateConfig(100 * 1024 * 1024, null, 10);

    public RotateConfig {
        if (size < 0 || keep < 1 || (every != null && (every.isNegative() || every.isZero()))) {
            throw new IllegalArgumentException("size: " + size + ", keep: " + keep + ", every: " + every
                    + " (expected: 0 or more, 1 or more, longer than 0s)");
        }
    }
}
