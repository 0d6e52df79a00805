package io.portward.core.proxyprotocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import io.portward.config.model.ProxyProtocol;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Writes PROXY protocol headers, versions 1 and 2 of the specification at haproxy.org (proxy-protocol.txt).
 *
 * <p>Version 2 carries what was agreed in the handshake as TLVs, which Postfix and Dovecot log. Of a connection that is passed through it has the
 * server name alone: nothing is agreed yet, and a server that sees the TLS itself must not be told that it was taken off.
 */
public final class ProxyHeader {

    /** §2.2: begins every version 2 header, and is no valid beginning of any other protocol. */
    static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

    static final int VERSION_2_PROXY = 0x21;
    private static final int VERSION_2_LOCAL = 0x20;
    static final int TCP_OVER_IPV4 = 0x11;
    static final int TCP_OVER_IPV6 = 0x21;

    // §2.2.1 to §2.2.6
    private static final int TYPE_ALPN = 0x01;
    private static final int TYPE_AUTHORITY = 0x02;
    private static final int TYPE_SSL = 0x20;
    private static final int SUBTYPE_SSL_VERSION = 0x21;
    private static final int SUBTYPE_SSL_CIPHER = 0x23;
    private static final int CLIENT_SSL = 0x01;
    /** Not zero: no client certificate was verified. */
    private static final int NOT_VERIFIED = 1;

    private ProxyHeader() {}

    /** Empty for {@code NONE}. The caller owns the result. */
    public static ByteBuf encode(
            ByteBufAllocator allocator, ProxyProtocol version, ConnectionInfo connection, TlsInfo tls) {
        return switch (version) {
            case NONE -> Unpooled.EMPTY_BUFFER;
            case V1 -> version1(allocator, connection);
            case V2 -> version2(allocator, connection, tls);
        };
    }

    /** For a connection that no client is behind (§2.1, §2.2: UNKNOWN and LOCAL). Empty for {@code NONE}. The caller owns the result. */
    public static ByteBuf local(ByteBufAllocator allocator, ProxyProtocol version) {
        return switch (version) {
            case NONE -> Unpooled.EMPTY_BUFFER;
            case V1 -> allocator.buffer().writeBytes("PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII));
            case V2 ->
                allocator
                        .buffer()
                        .writeBytes(SIGNATURE)
                        .writeByte(VERSION_2_LOCAL)
                        .writeByte(0)
                        .writeShort(0);
        };
    }

    private static ByteBuf version1(ByteBufAllocator allocator, ConnectionInfo connection) {
        boolean six = isIpv6(connection);
        String line = "PROXY " + (six ? "TCP6 " : "TCP4 ")
                + text(connection.client(), six) + ' ' + text(connection.local(), six) + ' '
                + connection.client().getPort() + ' ' + connection.local().getPort() + "\r\n";
        ByteBuf out = allocator.directBuffer(line.length());
        out.writeCharSequence(line, StandardCharsets.US_ASCII);
        return out;
    }

    private static String text(InetSocketAddress address, boolean six) {
        String text = NetUtil.toAddressString(address.getAddress());
        return six && !(address.getAddress() instanceof Inet6Address) ? "::ffff:" + text : text;
    }

    private static ByteBuf version2(ByteBufAllocator allocator, ConnectionInfo connection, TlsInfo tls) {
        boolean six = isIpv6(connection);
        ByteBuf out = allocator.directBuffer(256);
        out.writeBytes(SIGNATURE).writeByte(VERSION_2_PROXY).writeByte(six ? TCP_OVER_IPV6 : TCP_OVER_IPV4);
        int lengthAt = out.writerIndex();
        out.writeShort(0);
        out.writeBytes(bytes(connection.client(), six)).writeBytes(bytes(connection.local(), six));
        out.writeShort(connection.client().getPort())
                .writeShort(connection.local().getPort());
        if (!TlsInfo.NONE.equals(tls.alpn())) {
            tlv(out, TYPE_ALPN, tls.alpn());
        }
        if (tls.serverName() != null) {
            tlv(out, TYPE_AUTHORITY, tls.serverName());
        }
        if (tls.isTerminated()) {
            ssl(out, tls);
        }
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 2);
        return out;
    }

    private static void ssl(ByteBuf out, TlsInfo tls) {
        out.writeByte(TYPE_SSL);
        int lengthAt = out.writerIndex();
        out.writeShort(0).writeByte(CLIENT_SSL).writeInt(NOT_VERIFIED);
        tlv(out, SUBTYPE_SSL_VERSION, tls.version());
        tlv(out, SUBTYPE_SSL_CIPHER, tls.cipher());
        out.setShort(lengthAt, out.writerIndex() - lengthAt - 2);
    }

    private static void tlv(ByteBuf out, int type, String value) {
        out.writeByte(type).writeShort(value.length());
        out.writeCharSequence(value, StandardCharsets.US_ASCII);
    }

    private static boolean isIpv6(ConnectionInfo connection) {
        return connection.client().getAddress() instanceof Inet6Address
                || connection.local().getAddress() instanceof Inet6Address;
    }

    private static byte[] bytes(InetSocketAddress address, boolean six) {
        byte[] bytes = address.getAddress().getAddress();
        return six && bytes.length == 4 ? mapped(bytes) : bytes;
    }

    /** RFC 4291 §2.5.5.2. */
    private static byte[] mapped(byte[] four) {
        byte[] sixteen = new byte[16];
        sixteen[10] = (byte) 0xff;
        sixteen[11] = (byte) 0xff;
        System.arraycopy(four, 0, sixteen, 12, 4);
        return sixteen;
    }
}
