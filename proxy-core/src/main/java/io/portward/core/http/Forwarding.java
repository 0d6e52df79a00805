package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.netty.util.NetUtil;
import io.portward.config.model.AddressRange;
import io.portward.core.observe.ConnectionInfo;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Tells the backend who asked, and how: X-Forwarded-*, Forwarded (RFC 7239) and X-Request-Id. What the client says of itself is dropped unless
 * it is a trusted proxy.
 *
 * <p>One instance per client connection, since all but the host stays the same. Threading: the connection's event loop.
 */
public final class Forwarding {

    private static final AsciiString X_FORWARDED_FOR = AsciiString.cached("x-forwarded-for");
    private static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");
    private static final AsciiString X_FORWARDED_HOST = AsciiString.cached("x-forwarded-host");
    private static final AsciiString X_FORWARDED_PORT = AsciiString.cached("x-forwarded-port");
    private static final AsciiString FORWARDED = AsciiString.cached("forwarded");
    public static final AsciiString X_REQUEST_ID = AsciiString.cached("x-request-id");
    private static final AsciiString HTTPS = AsciiString.cached("https");

    /** A backend's logs should not be at the mercy of a proxy's client. */
    private static final int MAX_REQUEST_ID = 128;

    private static final String FORWARDED_PREFIX = "x-forwarded-";
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final List<AddressRange> trustedProxies;
    private final InetAddress peer;
    private final boolean trusted;
    private final AsciiString client;
    private final AsciiString port;
    private final String forwardedFor;
    private String lastAuthority = "";
    private AsciiString lastForwarded = AsciiString.EMPTY_STRING;

    public Forwarding(ConnectionInfo connection, List<AddressRange> trustedProxies) {
        InetAddress address = connection.client().getAddress();
        this.trustedProxies = trustedProxies;
        this.peer = address;
        this.trusted = AddressRange.isIn(address, trustedProxies);
        // RFC 5952: allow lists and logs compare text.
        this.client = new AsciiString(NetUtil.toAddressString(address));
        this.port = new AsciiString(Integer.toString(connection.local().getPort()));
        // RFC 7239 §6: an IPv6 address is quoted and in brackets.
        this.forwardedFor = address instanceof Inet6Address ? "for=\"[" + client + "]\"" : "for=" + client;
    }

    /**
     * Who asks: the peer, or behind trusted proxies the last address in X-Forwarded-For that is none of theirs. The peer's own address, which
     * {@link #apply} appends, makes no difference.
     *
     * @param headers before a route changes them
     * @return null when trusted proxies do not tell
     */
    public @Nullable InetAddress asker(HttpHeaders headers) {
        if (!trusted) {
            return peer;
        }
        List<String> fields = headers.getAll(X_FORWARDED_FOR);
        for (int i = fields.size() - 1; i >= 0; i--) {
            String field = fields.get(i);
            int end = field.length();
            while (end >= 0) {
                int comma = field.lastIndexOf(',', end - 1);
                String element = field.substring(comma + 1, end).strip();
                end = comma;
                // RFC 9110 §5.6.1.2: empty elements are ignored.
                InetAddress hop = ForwardedAddress.parse(element);
                if (!element.isEmpty() && (hop == null || !AddressRange.isIn(hop, trustedProxies))) {
                    return hop;
                }
            }
        }
        return null;
    }

    /**
     * Writes the fields into {@code headers}.
     *
     * @return the request's id
     */
    public AsciiString apply(HttpHeaders headers, String authority) {
        AsciiString id = trusted ? trustedId(headers.get(X_REQUEST_ID)) : newId();
        if (trusted) {
            append(headers, X_FORWARDED_FOR, client);
            append(headers, FORWARDED, forwarded(authority));
            setIfAbsent(headers, X_FORWARDED_PROTO, HTTPS);
            setIfAbsent(headers, X_FORWARDED_PORT, port);
            if (!authority.isEmpty()) {
                setIfAbsent(headers, X_FORWARDED_HOST, authority);
            }
        } else {
            dropSpoofed(headers);
            headers.add(X_FORWARDED_FOR, client);
            headers.add(X_FORWARDED_PROTO, HTTPS);
            headers.add(X_FORWARDED_PORT, port);
            headers.add(FORWARDED, forwarded(authority));
            if (!authority.isEmpty()) {
                headers.add(X_FORWARDED_HOST, authority);
            }
        }
        headers.set(X_REQUEST_ID, id);
        return id;
    }

    private static void append(HttpHeaders headers, AsciiString name, AsciiString value) {
        List<String> before = headers.getAll(name);
        headers.set(name, before.isEmpty() ? value : String.join(", ", before) + ", " + value);
    }

    private static void setIfAbsent(HttpHeaders headers, AsciiString name, CharSequence value) {
        if (!headers.contains(name)) {
            headers.set(name, value);
        }
    }

    /**
     * Drops every X-Forwarded-* and X-Real-IP, also spelt with underscores: CGI-like backends cannot tell the two apart.
     */
    private static void dropSpoofed(HttpHeaders headers) {
        List<CharSequence> spoofed = null;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            CharSequence name = fields.next().getKey();
            char first = name.charAt(0);
            if ((first == 'x' || first == 'X' || first == 'f' || first == 'F') && isSpoofed(name)) {
                spoofed = spoofed == null ? new ArrayList<>() : spoofed;
                spoofed.add(name);
            }
        }
        if (spoofed != null) {
            spoofed.forEach(headers::remove);
        }
    }

    static boolean isSpoofed(CharSequence name) {
        String canonical = name.toString().replace('_', '-');
        return canonical.regionMatches(true, 0, FORWARDED_PREFIX, 0, FORWARDED_PREFIX.length())
                || "x-real-ip".equalsIgnoreCase(canonical)
                || "x-request-id".equalsIgnoreCase(canonical)
                || "forwarded".equalsIgnoreCase(canonical);
    }

    private AsciiString forwarded(String authority) {
        if (lastForwarded.isEmpty() || !lastAuthority.equals(authority)) {
            lastAuthority = authority;
            // A port or brackets are not token characters, so the host is quoted whenever they appear (RFC 7239 §4).
            boolean quote = authority.indexOf(':') >= 0;
            String host = authority.isEmpty() ? "" : ";host=" + (quote ? '"' + authority + '"' : authority);
            lastForwarded = new AsciiString(forwardedFor + host + ";proto=https");
        }
        return lastForwarded;
    }

    private static AsciiString trustedId(String id) {
        return id == null || id.length() > MAX_REQUEST_ID || !isVisible(id) ? newId() : new AsciiString(id);
    }

    /** It goes into log lines and into the text of error replies. */
    private static boolean isVisible(String id) {
        return !id.isEmpty() && id.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    /** 128 random bits, so that ids of several proxies do not meet. It need not be unguessable. */
    public static AsciiString newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        byte[] text = new byte[32];
        hex(random.nextLong(), text, 0);
        hex(random.nextLong(), text, 16);
        return new AsciiString(text, false);
    }

    private static void hex(long bits, byte[] text, int at) {
        for (int i = 0; i < 16; i++) {
            text[at + i] = HEX[(int) (bits >>> (60 - 4 * i)) & 0xf];
        }
    }
}
