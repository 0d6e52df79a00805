package io.portward.core.tls;

import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLContext;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.core.observe.TicketCounters;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A native {@code SSL_CTX}: versions, ciphers, groups, ALPN and ticket keys of one listener. It holds no certificate: those are given to
 * each connection, so a context outlives every renewal.
 *
 * <p>Threading: immutable after construction; any thread. Ownership: reference counted; each {@link TlsSession} retains it, the creator
 * releases it once when the listener goes.
 */
public final class TlsContext extends AbstractReferenceCounted {

    /** TLS 1.2 suites of Mozilla's intermediate list without DHE; equal preference inside brackets lets a client without AES hardware choose. */
    private static final String TLS12_SUITES =
            "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:ECDHE-ECDSA-AES256-GCM-SHA384:"
                    + "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:ECDHE-RSA-AES256-GCM-SHA384";

    /** BoringSSL orders these three by the client's hardware hint; the list only enables them. */
    private static final String TLS13_SUITES =
            "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

    /** Preference order; the hybrid first protects recorded traffic against later quantum computers. */
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

    private static final String HTTP_1_0 = "http/1.0";
    private static final String HTTP_1_1 = "http/1.1";

    private final long pointer;
    private final List<String> alpn;
    private final TicketKeys ticketKeys;
    private final Counters counters = new Counters();

    private TlsContext(long pointer, List<String> alpn, TicketKeys ticketKeys) {
        this.pointer = pointer;
        this.alpn = alpn;
        this.ticketKeys = ticketKeys;
    }

    /**
     * @param protocol keeps the tickets of different protocols apart, see {@link #sessionIdContext}
     * @param alpn names the listener speaks, most wanted first; empty when it neither looks at offers nor selects
     */
    public static TlsContext create(TlsConfig config, PortProtocol protocol, List<String> alpn, TicketKeys ticketKeys) {
        int versions =
                SSL.SSL_PROTOCOL_TLSV1_3 | (config.policy() == TlsPolicy.INTERMEDIATE ? SSL.SSL_PROTOCOL_TLSV1_2 : 0);
        TlsContext context = null;
        boolean usable = false;
        try {
            context = new TlsContext(SSLContext.make(versions, SSL.SSL_MODE_SERVER), List.copyOf(alpn), ticketKeys);
            context.configure(config, protocol);
            ticketKeys.attach(context);
            usable = true;
            return context;
        } catch (Exception e) {
            throw new IllegalStateException("BoringSSL refused a TLS context: " + e.getMessage(), e);
        } finally {
            if (!usable && context != null) {
                context.release();
            }
        }
    }

    private void configure(TlsConfig config, PortProtocol protocol) throws Exception {
        int options = SSL.SSL_OP_NO_SSLv2
                | SSL.SSL_OP_NO_SSLv3
                | SSL.SSL_OP_NO_TLSv1
                | SSL.SSL_OP_NO_TLSv1_1
                | (config.policy() == TlsPolicy.MODERN ? SSL.SSL_OP_NO_TLSv1_2 : 0)
                | SSL.SSL_OP_CIPHER_SERVER_PREFERENCE
                | SSL.SSL_OP_NO_COMPRESSION;
        SSLContext.setOptions(pointer, options);
        SSLContext.clearOptions(pointer, SSL.SSL_OP_NO_TICKET);
        SSLContext.setCipherSuite(pointer, TLS12_SUITES, false);
        SSLContext.setCipherSuite(pointer, TLS13_SUITES, true);
        if (!SSLContext.setCurvesList(pointer, GROUPS)) {
            throw new IllegalStateException("groups not supported: " + String.join(", ", GROUPS));
        }
        if (!alpn.isEmpty()) {
            SSLContext.setAlpnProtos(pointer, alpn.toArray(String[]::new), SSL.SSL_SELECTOR_FAILURE_NO_ADVERTISE);
        }
        SSLContext.setMode(pointer, SSLContext.getMode(pointer) | SSL.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        // Tickets do all the resuming; a server-side cache would only take memory and a lock.
        SSLContext.setSessionCacheMode(pointer, SSL.SSL_SESS_CACHE_OFF);
        SSLContext.setSessionCacheTimeout(pointer, config.tickets().acceptFor().toSeconds());
        SSLContext.setSessionIdContext(pointer, sessionIdContext(config.policy(), protocol));
        SSLContext.setUseTasks(pointer, false);
        // The name has been judged by now; BoringSSL acknowledges it to the client (RFC 6066 §3) only when asked
        // whether it will do.
        SSLContext.setSniHostnameMatcher(pointer, (ssl, name) -> true);
    }

    /**
     * BoringSSL resumes a session only in a context with the same id: this keeps a ticket from crossing a policy (the lesson of nginx
     * CVE-2025-23419) or a protocol.
     */
    private static byte[] sessionIdContext(TlsPolicy policy, PortProtocol protocol) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((policy.name() + '/' + protocol.name()).getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Those of every policy, most wanted first. */
    static List<String> groups() {
        return List.of(GROUPS);
    }

    long pointer() {
        return pointer;
    }

    /**
     * Whether a client that offers these protocols may go on (RFC 7301 §3.2): one is spoken here, or it does not ask. {@code http/1.0} is spoken
     * where {@code http/1.1} is, but never selected, since HTTP/1.0 clients do not wait for it.
     */
    boolean accepts(List<String> offered) {
        if (alpn.isEmpty() || offered.isEmpty()) {
            return true;
        }
        for (String name : alpn) {
            if (offered.contains(name)) {
                return true;
            }
        }
        return alpn.contains(HTTP_1_1) && offered.contains(HTTP_1_0);
    }

    /** Counts since the context was made; they stand still when it is gone. */
    public TicketCounters ticketCounters() {
        return counters;
    }

    /** What BoringSSL counts, asked by threads that know nothing of the context's life. */
    private final class Counters implements TicketCounters {

        /** The last counts before the context was freed; null until then. Guarded by this. */
        private long @Nullable [] last;

        private synchronized void freeze() {
            last = new long[] {issued(), resumed(), renewed(), rejected()};
        }

        @Override
        public synchronized long issued() {
            return last == null ? SSLContext.sessionTicketKeyNew(pointer) : last[0];
        }

        @Override
        public synchronized long resumed() {
            return last == null ? SSLContext.sessionTicketKeyResume(pointer) : last[1];
        }

        @Override
        public synchronized long renewed() {
            return last == null ? SSLContext.sessionTicketKeyRenew(pointer) : last[2];
        }

        @Override
        public synchronized long rejected() {
            return last == null ? SSLContext.sessionTicketKeyFail(pointer) : last[3];
        }
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }

    @Override
    protected void deallocate() {
        ticketKeys.detach(this);
        counters.freeze();
        SSLContext.free(pointer);
    }
}
