package io.portward.core.tls;

import io.netty.internal.tcnative.SSLContext;
import io.netty.internal.tcnative.SessionTicketKey;
import io.portward.config.model.TicketConfig;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The keys that session tickets are sealed with (RFC 5077 §4, RFC 8446 §4.6.1): random, in memory only, the newest seals and every one
 * younger than {@code acceptFor} opens.
 *
 * <p>One instance serves every context with the same ticket rules, so that a ticket issued under one name or listener opens under
 * another; a context without explicit keys would make up its own and resumption would fail at random.
 *
 * <p>Threading: safe for any thread. {@link #advance} is to be called when {@link #untilNextChange} has passed.
 */
public final class TicketKeys {

    private record Key(SessionTicketKey material, long createdNanos) {}

    private final TicketConfig config;
    private final LongSupplier nanoClock;
    private final SecureRandom random;

    /** Newest first. Guarded by this. */
    private final Deque<Key> keys = new ArrayDeque<>();

    /** Guarded by this. */
    private final List<TlsContext> contexts = new ArrayList<>();

    /** @param nanoClock monotonic, as {@link System#nanoTime} */
    public TicketKeys(TicketConfig config, LongSupplier nanoClock, SecureRandom random) {
        this.config = config;
        this.nanoClock = nanoClock;
        this.random = random;
        keys.addFirst(newKey());
    }

    /** Makes a new key if one is due, forgets those past {@code acceptFor}, and hands the rest to every context. */
    public synchronized void advance() {
        long now = nanoClock.getAsLong();
        boolean changed = keys.removeIf(
                key -> now - key.createdNanos >= config.acceptFor().toNanos());
        if (keys.isEmpty()
                || now - keys.getFirst().createdNanos >= config.rotateEvery().toNanos()) {
            keys.addFirst(newKey());
            changed = true;
        }
        if (changed) {
            SessionTicketKey[] material = material();
            contexts.forEach(context -> SSLContext.setSessionTicketKeys(context.pointer(), material));
        }
    }

    /** Time until a key has to be added or dropped; never negative. */
    public synchronized Duration untilNextChange() {
        long now = nanoClock.getAsLong();
        long rotation = keys.getFirst().createdNanos + config.rotateEvery().toNanos() - now;
        long expiry = keys.getLast().createdNanos + config.acceptFor().toNanos() - now;
        return Duration.ofNanos(Math.max(0, Math.min(rotation, expiry)));
    }

    /** Age of the key that seals new tickets. */
    public synchronized Duration age() {
        return Duration.ofNanos(nanoClock.getAsLong() - keys.getFirst().createdNanos);
    }

    /** From now on {@code context} has the same keys as all others. */
    synchronized void attach(TlsContext context) {
        contexts.add(context);
        SSLContext.setSessionTicketKeys(context.pointer(), material());
    }

    synchronized void detach(TlsContext context) {
        contexts.remove(context);
    }

    private SessionTicketKey[] material() {
        return keys.stream().map(Key::material).toArray(SessionTicketKey[]::new);
    }

    private Key newKey() {
        return new Key(
                new SessionTicketKey(
                        randomBytes(SessionTicketKey.NAME_SIZE),
                        randomBytes(SessionTicketKey.HMAC_KEY_SIZE),
                        randomBytes(SessionTicketKey.AES_KEY_SIZE)),
                nanoClock.getAsLong());
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
