package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The JA4 fingerprint of a ClientHello, as FoxIO describes it: a readable part (transport, version, SNI, counts, ALPN), a hash of the sorted
 * cipher suites, and a hash of the sorted extensions with the signature algorithms in their own order. Software that makes the same hello has
 * the same fingerprint, whatever its addresses and names.
 *
 * <p>Threading: one thread. Costs a few microseconds for two SHA-256 hashes.
 */
final class Ja4 {

    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int EXTENSION_SIGNATURE_ALGORITHMS = 13;
    private static final int EXTENSION_ALPN = 16;
    private static final int EXTENSION_SUPPORTED_VERSIONS = 43;
    private static final HexFormat HEX = HexFormat.of();
    private static final String EMPTY_HASH = "000000000000";

    /** Without ALPN. */
    private static final String NO_ALPN = "00";

    private static final int MAX_COUNT = 99;

    private int version;
    private boolean named;
    private String alpn = NO_ALPN;
    private int[] ciphers = {};
    private int[] extensions = {};
    private int extensionCount;
    private int[] signatures = {};

    private Ja4() {}

    /**
     * Of a ClientHello that {@link ClientHello#parse} has accepted.
     *
     * @param body from legacy_version on; its indices are not changed
     */
    static String of(ByteBuf body) {
        Ja4 hello = new Ja4();
        hello.read(body.slice());
        return hello.text();
    }

    private void read(ByteBuf in) {
        version = in.readUnsignedShort();
        in.skipBytes(32);
        in.skipBytes(in.readUnsignedByte());
        ciphers = codePoints(in.readSlice(in.readUnsignedShort()));
        in.skipBytes(in.readUnsignedByte());
        if (in.isReadable()) {
            readExtensions(in.readSlice(in.readUnsignedShort()));
        }
    }

    private void readExtensions(ByteBuf in) {
        // An extension has four bytes at least.
        int[] hashed = new int[in.readableBytes() / 4];
        int count = 0;
        while (in.isReadable()) {
            int type = in.readUnsignedShort();
            ByteBuf data = in.readSlice(in.readUnsignedShort());
            if (isGrease(type)) {
                continue;
            }
            extensionCount++;
            if (type == EXTENSION_SERVER_NAME) {
                named = true;
            } else if (type == EXTENSION_ALPN) {
                alpn = firstProtocol(data);
            } else {
                hashed[count++] = type;
                readKnown(type, data);
            }
        }
        extensions = Arrays.copyOf(hashed, count);
    }

    private void readKnown(int type, ByteBuf data) {
        if (type == EXTENSION_SIGNATURE_ALGORITHMS) {
            signatures = codePoints(data.readSlice(data.readUnsignedShort()));
        } else if (type == EXTENSION_SUPPORTED_VERSIONS && data.isReadable()) {
            int[] offered = codePoints(data.readSlice(Math.min(data.readUnsignedByte(), data.readableBytes())));
            version = Arrays.stream(offered).max().orElse(version);
        }
    }

    /** RFC 8701: values that only keep servers used to unknown ones. */
    private static boolean isGrease(int value) {
        return (value & 0x0f0f) == 0x0a0a && value >>> 8 == (value & 0xff);
    }

    /** Without GREASE; a byte too many is ignored. */
    private static int[] codePoints(ByteBuf in) {
        int[] values = new int[in.readableBytes() / 2];
        int count = 0;
        while (in.readableBytes() > 1) {
            int value = in.readUnsignedShort();
            if (!isGrease(value)) {
                values[count++] = value;
            }
        }
        return Arrays.copyOf(values, count);
    }

    /** First and last character of the first name, or of its hexadecimal form. */
    private static String firstProtocol(ByteBuf data) {
        if (data.readableBytes() < 3) {
            return NO_ALPN;
        }
        data.skipBytes(2);
        int length = Math.min(data.readUnsignedByte(), data.readableBytes());
        if (length == 0) {
            return NO_ALPN;
        }
        byte first = data.getByte(data.readerIndex());
        byte last = data.getByte(data.readerIndex() + length - 1);
        if (isAlphanumeric(first) && isAlphanumeric(last)) {
            return "" + (char) first + (char) last;
        }
        return "" + HEX.toHexDigits(first).charAt(0) + HEX.toHexDigits(last).charAt(1);
    }

    private static boolean isAlphanumeric(byte b) {
        return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
    }

    private String text() {
        Arrays.sort(ciphers);
        Arrays.sort(extensions);
        MessageDigest sha256 = sha256();
        StringBuilder out = new StringBuilder(36);
        out.append('t').append(versionCode(version)).append(named ? 'd' : 'i');
        twoDigits(out, ciphers.length);
        twoDigits(out, extensionCount);
        out.append(alpn).append('_');
        out.append(ciphers.length == 0 ? EMPTY_HASH : hash(sha256, list(ciphers)));
        out.append('_');
        if (extensions.length == 0) {
            return out.append(EMPTY_HASH).toString();
        }
        StringBuilder last = list(extensions);
        if (signatures.length > 0) {
            last.append('_').append(list(signatures));
        }
        return out.append(hash(sha256, last)).toString();
    }

    private static void twoDigits(StringBuilder out, int count) {
        int shown = Math.min(count, MAX_COUNT);
        out.append((char) ('0' + shown / 10)).append((char) ('0' + shown % 10));
    }

    private static String versionCode(int version) {
        return switch (version) {
            case 0x0304 -> "13";
            case 0x0303 -> "12";
            case 0x0302 -> "11";
            case 0x0301 -> "10";
            case 0x0300 -> "s3";
            case 0x0002 -> "s2";
            default -> "00";
        };
    }

    private static StringBuilder list(int[] values) {
        StringBuilder out = new StringBuilder(values.length * 5);
        for (int value : values) {
            if (!out.isEmpty()) {
                out.append(',');
            }
            out.append(HEX.toHexDigits((short) value));
        }
        return out;
    }

    private static String hash(MessageDigest sha256, CharSequence text) {
        byte[] digest = sha256.digest(text.toString().getBytes(StandardCharsets.US_ASCII));
        return HEX.formatHex(digest, 0, EMPTY_HASH.length() / 2);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
