package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the choice of certificate and the diagnosis of failures need of a ClientHello (RFC 8446 §4.1.2). BoringSSL parses the same bytes
 * again and has the last word.
 *
 * @param serverName host name of the SNI extension (RFC 6066 §3), lower case, one trailing dot removed; null when absent
 * @param alpn protocol names offered (RFC 7301 §3.1); empty when the extension is absent
 * @param groups supported_groups code points (RFC 8446 §4.2.7)
 * @param signatures signature_algorithms code points (RFC 8446 §4.2.3)
 */
record ClientHello(@Nullable String serverName, List<String> alpn, List<Integer> groups, List<Integer> signatures) {

    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int EXTENSION_SUPPORTED_GROUPS = 10;
    private static final int EXTENSION_SIGNATURE_ALGORITHMS = 13;
    private static final int EXTENSION_ALPN = 16;
    private static final int NAME_TYPE_HOST_NAME = 0;
    private static final HexFormat HEX = HexFormat.of();

    /** RFC 6066 §3 points to host names, which DNS bounds at 253; a trailing dot may be added. */
    private static final int MAX_NAME_BYTES = 254;

    /**
     * @param body from legacy_version on, without the handshake header; its indices are not changed
     * @throws IndexOutOfBoundsException when a length points past the end
     * @throws IllegalArgumentException when a field breaks its syntax
     */
    static ClientHello parse(ByteBuf body) {
        ByteBuf in = body.slice();
        in.skipBytes(2 + 32);
        in.skipBytes(in.readUnsignedByte());
        in.skipBytes(in.readUnsignedShort());
        in.skipBytes(in.readUnsignedByte());
        String serverName = null;
        List<String> alpn = List.of();
        List<Integer> groups = List.of();
        List<Integer> signatures = List.of();
        if (in.isReadable()) {
            ByteBuf extensions = in.readSlice(in.readUnsignedShort());
            while (extensions.isReadable()) {
                int type = extensions.readUnsignedShort();
                ByteBuf data = extensions.readSlice(extensions.readUnsignedShort());
                switch (type) {
                    case EXTENSION_SERVER_NAME -> serverName = serverName(data);
                    case EXTENSION_ALPN -> alpn = protocolNames(data);
                    case EXTENSION_SUPPORTED_GROUPS -> groups = codePoints(data);
                    case EXTENSION_SIGNATURE_ALGORITHMS -> signatures = codePoints(data);
                    default -> {
                        // Of no concern here.
                    }
                }
            }
        }
        return new ClientHello(serverName, alpn, groups, signatures);
    }

    private static @Nullable String serverName(ByteBuf data) {
        ByteBuf names = data.readSlice(data.readUnsignedShort());
        while (names.isReadable()) {
            int type = names.readUnsignedByte();
            ByteBuf name = names.readSlice(names.readUnsignedShort());
            if (type == NAME_TYPE_HOST_NAME) {
                return normalized(name);
            }
        }
        return null;
    }

    private static String normalized(ByteBuf name) {
        int length = name.readableBytes();
        if (length == 0 || length > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("server name of " + length + " bytes");
        }
        for (int i = name.readerIndex(); i < name.writerIndex(); i++) {
            byte b = name.getByte(i);
            if (b <= ' ' || b == 0x7f) {
                throw new IllegalArgumentException("server name is not printable ASCII");
            }
        }
        String text = name.toString(StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private static List<String> protocolNames(ByteBuf data) {
        ByteBuf list = data.readSlice(data.readUnsignedShort());
        List<String> names = new ArrayList<>(2);
        while (list.isReadable()) {
            // ISO-8859-1 keeps GREASE and other binary names distinct.
            names.add(list.readCharSequence(list.readUnsignedByte(), StandardCharsets.ISO_8859_1)
                    .toString());
        }
        return names;
    }

    private static List<Integer> codePoints(ByteBuf data) {
        ByteBuf list = data.readSlice(data.readUnsignedShort());
        List<Integer> codePoints = new ArrayList<>(8);
        while (list.isReadable()) {
            codePoints.add(list.readUnsignedShort());
        }
        return codePoints;
    }

    /** The names offered with everything but printable ASCII escaped: a client must not write into the log. */
    String alpnForLog() {
        StringBuilder out = new StringBuilder();
        for (char c : alpn.toString().toCharArray()) {
            if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else {
                out.append("\\x").append(HEX.toHexDigits((byte) c));
            }
        }
        return out.toString();
    }
}
