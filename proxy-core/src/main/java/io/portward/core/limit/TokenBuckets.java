package io.portward.core.limit;

import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A token bucket for each key, in a table of fixed size: a bucket holds one second's worth of tokens.
 *
 * <p>Kept as the time at which the bucket will be full again (the virtual scheduling of ATM's generic cell rate algorithm), which for a key that
 * has been quiet for a second is the past: its place can be had by another. With more keys than that at a time, the one that is next to full is
 * forgotten, never the busiest. Places are chosen with a secret, so that nobody can crowd out another on purpose.
 *
 * <p>Threading: any thread; a lock for each part of the table.
 */
final class TokenBuckets {

    /** A power of two; 32768 places, 512 KiB. */
    private static final int SETS = 4096;

    private static final int PLACES = 8;

    /** A power of two; more than machines have event loops. */
    private static final int LOCKS = 64;

    private final long[] keys = new long[SETS * PLACES];
    /** When the bucket is full, in nanoseconds since the start. */
    private final long[] fullAt = new long[SETS * PLACES];

    private final Object[] locks = new Object[LOCKS];
    private final long secret = new SecureRandom().nextLong();
    private final LongSupplier clock;
    private final long startNanos;
    private final long tokenNanos;
    private final long slackNanos;

    /** @param clock nanoseconds, as {@link System#nanoTime} */
    TokenBuckets(int perSecond, LongSupplier clock) {
        this.clock = clock;
        this.startNanos = clock.getAsLong();
        this.tokenNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.slackNanos = tokenNanos * (perSecond - 1L);
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    /** @return whether there was a token to take */
    boolean take(long key) {
        int set = (int) (scatter(key) & (SETS - 1));
        synchronized (locks[set & (LOCKS - 1)]) {
            long now = clock.getAsLong() - startNanos;
            int place = place(set * PLACES, key);
            long full = Math.max(now, fullAt[place]);
            if (full - now > slackNanos) {
                return false;
            }
            fullAt[place] = full + tokenNanos;
            return true;
        }
    }

    /** That of the key, or the one which is next to full, emptied for it. */
    private int place(int first, long key) {
        int oldest = first;
        for (int i = first; i < first + PLACES; i++) {
            if (keys[i] == key) {
                return i;
            }
            if (fullAt[i] < fullAt[oldest]) {
                oldest = i;
            }
        }
        keys[oldest] = key;
        fullAt[oldest] = 0;
        return oldest;
    }

    /** Every bit of the key and the secret concerns every bit of the result (the finish of MurmurHash3). */
    private long scatter(long key) {
        long x = key ^ secret;
        x = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return x ^ (x >>> 33);
    }
}
