package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes ClientHellos (RFC 8446 §4.1.2) that no TLS library would send. A fresh one is what a plain TLS 1.3 and 1.2 client sends.
 *
 * <p>Threading: one thread.
 */
final class HelloBytes {

    private int[] versions = {0x0304, 0x0303};
    private int[] ciphers = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f};
    private int[] groups = {0x001d, 0x0017};
    private int[] signatures = {0x0403, 0x0804, 0x0401};
    private byte[] sni;
    private String[] alpn = {};
    private int padding;
    private final ByteBuf more = Unpooled.buffer();

    HelloBytes versions(int... values) {
        versions = values;
        return this;
    }

    HelloBytes ciphers(int... values) {
        ciphers = values;
        return this;
    }

    HelloBytes groups(int... values) {
        groups = values;
        return this;
    }

    HelloBytes signatures(int... values) {
        signatures = values;
        return this;
    }

    HelloBytes sni(String name) {
        return sni(name.getBytes(StandardCharsets.ISO_8859_1));
    }

    HelloBytes sni(byte[] name) {
        sni = name;
        return this;
    }

    HelloBytes alpn(String... names) {
        alpn = names;
        return this;
    }

    /** Length of a padding extension (RFC 7685). */
    HelloBytes padding(int bytes) {
        padding = bytes;
        return this;
    }

    /** One more extension, in front of the versions. */
    HelloBytes extension(int type, byte[] data) {
        more.writeShort(type).writeShort(data.length).writeBytes(data);
        return this;
    }

    /** Handshake header and body. */
    byte[] message() {
        ByteBuf body = Unpooled.buffer();
        body.writeShort(0x0303).writeZero(32).writeByte(32).writeZero(32);
        body.writeShort(2 * ciphers.length);
        for (int cipher : ciphers) {
            body.writeShort(cipher);
        }
        body.writeByte(1).writeByte(0);
        ByteBuf extensions = extensions();
        body.writeShort(extensions.readableBytes()).writeBytes(extensions);
        ByteBuf message =
                Unpooled.buffer().writeByte(1).writeMedium(body.readableBytes()).writeBytes(body);
        return ByteBufUtil.getBytes(message);
    }

    private ByteBuf extensions() {
        ByteBuf out = Unpooled.buffer();
        if (sni != null) {
            out.writeShort(0)
                    .writeShort(sni.length + 5)
                    .writeShort(sni.length + 3)
                    .writeByte(0);
            out.writeShort(sni.length).writeBytes(sni);
        }
        shorts(out, 10, groups);
        if (signatures.length > 0) {
            shorts(out, 13, signatures);
        }
        if (alpn.length > 0) {
            ByteBuf names = Unpooled.buffer();
            for (String name : alpn) {
                names.writeByte(name.length()).writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
            }
            out.writeShort(16).writeShort(names.readableBytes() + 2).writeShort(names.readableBytes());
            out.writeBytes(names);
        }
        if (padding > 0) {
            out.writeShort(21).writeShort(padding).writeZero(padding);
        }
        out.writeBytes(more.duplicate());
        out.writeShort(43).writeShort(1 + 2 * versions.length).writeByte(2 * versions.length);
        for (int version : versions) {
            out.writeShort(version);
        }
        keyShare(out);
        return out;
    }

    /** The base point of X25519 as the key share: valid, and secret to nobody. */
    private void keyShare(ByteBuf out) {
        boolean x25519 = groups.length > 0 && groups[0] == 0x001d;
        out.writeShort(51).writeShort(x25519 ? 38 : 2).writeShort(x25519 ? 36 : 0);
        if (x25519) {
            out.writeShort(0x001d).writeShort(32).writeByte(9).writeZero(31);
        }
    }

    private static void shorts(ByteBuf out, int type, int[] values) {
        out.writeShort(type).writeShort(2 + 2 * values.length).writeShort(2 * values.length);
        for (int value : values) {
            out.writeShort(value);
        }
    }

    /** In one record. */
    byte[] record() {
        return records(message(), 16_384);
    }

    /** Cut into records of at most {@code size} bytes. */
    static byte[] records(byte[] message, int size) {
        ByteBuf out = Unpooled.buffer();
        for (int at = 0; at < message.length; at += size) {
            int length = Math.min(size, message.length - at);
            out.writeByte(22).writeShort(0x0301).writeShort(length).writeBytes(message, at, length);
        }
        return ByteBufUtil.getBytes(out);
    }

    /** Each byte alone. */
    static List<byte[]> singly(byte[] bytes) {
        List<byte[]> pieces = new ArrayList<>();
        for (byte b : bytes) {
            pieces.add(new byte[] {b});
        }
        return pieces;
    }
}
