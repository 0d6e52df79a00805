package io.portward.core.proxyprotocol;

import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads PROXY protocol headers, versions 1 and 2 of the specification at haproxy.org (proxy-protocol.txt). What is not spelled as it says there is
 * malformed: a guess would be somebody's address.
 */
final class ProxyHeaderParser {

    /** What the first bytes are. */
    enum Kind {
        /** More bytes are needed. */
        INCOMPLETE,
        /** Something else than a PROXY header. */
        ABSENT,
        MALFORMED,
        HEADER
    }

    /**
     * What was found.
     *
     * @param client and {@code local} are null for a header that names no addresses (LOCAL, UNKNOWN): those of the socket count
     * @param length of the header, in bytes
     */
    record Result(
            Kind kind,
            @Nullable InetSocketAddress client,
            @Nullable InetSocketAddress local,
            int length) {}

    private static final Result INCOMPLETE = new Result(Kind.INCOMPLETE, null, null, 0);
    private static final Result ABSENT = new Result(Kind.ABSENT, null, null, 0);
    private static final Result MALFORMED = new Result(Kind.MALFORMED, null, null, 0);

    private static final byte[] VERSION_1 = {'P', 'R', 'O', 'X', 'Y', ' '};

    /** §2.1: the longest line, CR LF included. */
    private static final int MAX_LINE = 107;

    /** §2.2: signature, command, family, length. */
    private static final int FIXED_BYTES = 16;

    /** Addresses take 36 bytes; the rest is for TLVs, of which HAProxy and the clouds' balancers send some hundred bytes. */
    private static final int MAX_LENGTH = 4096;

    private static final int VERSION_2_LOCAL = 0x20;

    private ProxyHeaderParser() {}

    /** Looks at the readable bytes without taking them. */
    static Result parse(ByteBuf in) {
        if (startsWith(in, VERSION_1)) {
            return in.readableBytes() < VERSION_1.length ? INCOMPLETE : version1(in);
        }
        if (startsWith(in, ProxyHeader.SIGNATURE)) {
            return in.readableBytes() < FIXED_BYTES ? INCOMPLETE : version2(in);
        }
        return ABSENT;
    }

    /** Whether {@code in} and {@code prefix} agree as far as both go. */
    private static boolean startsWith(ByteBuf in, byte[] prefix) {
        int length = Math.min(in.readableBytes(), prefix.length);
        for (int i = 0; i < length; i++) {
            if (in.getByte(in.readerIndex() + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static Result version1(ByteBuf in) {
        int length = Math.min(in.readableBytes(), MAX_LINE);
        int end = in.indexOf(in.readerIndex(), in.readerIndex() + length, (byte) '\n');
        if (end < 0) {
            return length == MAX_LINE ? MALFORMED : INCOMPLETE;
        }
        String line = in.toString(in.readerIndex(), end - in.readerIndex(), StandardCharsets.ISO_8859_1);
        int bytes = line.length() + 1;
        if (!line.endsWith("\r")) {
            return MALFORMED;
        }
        String[] words = line.substring(0, line.length() - 1).split(" ", -1);
        if (words[1].equals("UNKNOWN")) {
            return new Result(Kind.HEADER, null, null, bytes);
        }
        boolean six = words[1].equals("TCP6");
        if (words.length != 6 || !(six || words[1].equals("TCP4"))) {
            return MALFORMED;
        }
        InetSocketAddress client = address(words[2], words[4], six);
        InetSocketAddress local = address(words[3], words[5], six);
        return client == null || local == null ? MALFORMED : new Result(Kind.HEADER, client, local, bytes);
    }

    private static @Nullable InetSocketAddress address(String host, String port, boolean six) {
        boolean valid = six ? NetUtil.isValidIpV6Address(host) : NetUtil.isValidIpV4Address(host);
        if (!valid || host.indexOf('%') >= 0 || !port.matches("0|[1-9][0-9]{0,4}")) {
            return null;
        }
        int number = Integer.parseInt(port);
        return number > 0xffff ? null : socketAddress(NetUtil.createByteArrayFromIpAddressString(host), number);
    }

    private static Result version2(ByteBuf in) {
        int begin = in.readerIndex();
        int command = in.getUnsignedByte(begin + 12);
        int family = in.getUnsignedByte(begin + 13);
        int length = in.getUnsignedShort(begin + 14);
        if ((command != VERSION_2_LOCAL && command != ProxyHeader.VERSION_2_PROXY) || length > MAX_LENGTH) {
            return MALFORMED;
        }
        if (in.readableBytes() < FIXED_BYTES + length) {
            return INCOMPLETE;
        }
        int bytes = FIXED_BYTES + length;
        if (command == VERSION_2_LOCAL || family == 0) {
            return new Result(Kind.HEADER, null, null, bytes);
        }
        int addressBytes = family == ProxyHeader.TCP_OVER_IPV4 ? 4 : 16;
        if ((family != ProxyHeader.TCP_OVER_IPV4 && family != ProxyHeader.TCP_OVER_IPV6)
                || length < 2 * addressBytes + 4) {
            return MALFORMED;
        }
        int ports = begin + FIXED_BYTES + 2 * addressBytes;
        return new Result(
                Kind.HEADER,
                socketAddress(bytes(in, begin + FIXED_BYTES, addressBytes), in.getUnsignedShort(ports)),
                socketAddress(
                        bytes(in, begin + FIXED_BYTES + addressBytes, addressBytes), in.getUnsignedShort(ports + 2)),
                bytes);
    }

    private static byte[] bytes(ByteBuf in, int index, int length) {
        byte[] bytes = new byte[length];
        in.getBytes(index, bytes);
        return bytes;
    }

    /** An IPv4 address that was mapped into IPv6 comes out as what it is. */
    private static InetSocketAddress socketAddress(byte[] address, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four or sixteen bytes", e);
        }
    }
}
