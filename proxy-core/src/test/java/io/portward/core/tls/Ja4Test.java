package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hellos and fingerprints are those of FoxIO's public description where nothing else is said. */
class Ja4Test {

    private static final int[] CIPHERS = {
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
        0x0035
    };
    private static final int[] EXTENSIONS = {
        0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b,
        0x000a, 0x0015
    };
    private static final int[] SIGNATURES = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
    private static final int[] BOTH_VERSIONS = {0x0304, 0x0303};

    /** What may differ from that hello. */
    private int legacyVersion = 0x0303;

    private int[] ciphers = CIPHERS;
    private int[] extensions = EXTENSIONS;
    private int[] signatures = SIGNATURES;
    private int[] versions = BOTH_VERSIONS;
    private byte[] alpn = {'h', '2'};

    private String fingerprint() {
        ByteBuf body = Unpooled.buffer();
        body.writeShort(legacyVersion).writeZero(32).writeByte(0);
        body.writeShort(2 * ciphers.length);
        IntStream.of(ciphers).forEach(body::writeShort);
        body.writeByte(1).writeByte(0);
        ByteBuf all = Unpooled.buffer();
        for (int type : extensions) {
            ByteBuf data = data(type);
            all.writeShort(type).writeShort(data.readableBytes()).writeBytes(data);
        }
        body.writeShort(all.readableBytes()).writeBytes(all);
        int before = body.readerIndex();
        String text = Ja4.of(body);
        assertThat(body.readerIndex()).isEqualTo(before);
        return text;
    }

    private ByteBuf data(int type) {
        ByteBuf data = Unpooled.buffer();
        switch (type) {
            case 0x000d -> {
                data.writeShort(2 * signatures.length);
                IntStream.of(signatures).forEach(data::writeShort);
            }
            case 0x002b -> {
                data.writeByte(2 * versions.length);
                IntStream.of(versions).forEach(data::writeShort);
            }
            case 0x0010 ->
                data.writeShort(alpn.length + 1).writeByte(alpn.length).writeBytes(alpn);
            default -> data.writeZero(3);
        }
        return data;
    }

    @Test
    void givesThePublishedFingerprint() {
        assertThat(fingerprint()).isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    @Test
    void ignoresGreaseEverywhere() {
        ciphers = IntStream.concat(IntStream.of(0x2a2a), IntStream.of(CIPHERS)).toArray();
        extensions = IntStream.concat(IntStream.of(0xdada, 0x0a0a), IntStream.of(EXTENSIONS))
                .toArray();
        signatures =
                IntStream.concat(IntStream.of(0x3a3a), IntStream.of(SIGNATURES)).toArray();
        versions = new int[] {0xfafa, 0x0304, 0x0303};

        assertThat(fingerprint()).isEqualTo("t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    @Test
    void endsWithTheExtensionsWhenThereAreNoSignatureAlgorithms() {
        signatures = new int[0];

        assertThat(fingerprint()).isEqualTo("t13d1516h2_8daaf6152771_6d807ffa2a79");
    }

    /** A fingerprint that a public tool tells of a client with an SCSV among its suites. */
    @Test
    void countsSignallingValuesAsCiphers() {
        ciphers = new int[] {0x00ff, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9};
        extensions = new int[] {0x0000, 0x0005, 0x000a, 0x000b, 0x000d, 0x0010, 0x0017, 0x0023, 0x002b, 0x002d, 0x0033};
        signatures = new int[] {0x0503, 0x0403, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401};

        assertThat(fingerprint()).isEqualTo("t13d1011h2_61a7ad8aa9b6_3fcd1a44f3e3");
    }

    @ParameterizedTest
    @CsvSource({
        "ab,ab",
        "abcd,ad",
        "30ab,3b",
        "3031abcd,3d",
        "30abcd31,01",
        "61,aa",
        "687474702f312e31,h1",
        "'',00",
        "0a0a,0a"
    })
    void tellsTheFirstAndLastCharacterOfTheFirstProtocol(String name, String expected) {
        alpn = HexFormat.of().parseHex(name);

        assertThat(fingerprint()).startsWith("t13d1516" + expected + "_8daaf6152771_");
    }

    @ParameterizedTest
    @CsvSource({"0x0304,13", "0x0303,12", "0x0302,11", "0x0301,10", "0x0300,s3", "0x0002,s2", "0x7f1c,00"})
    void takesTheLegacyVersionWhereThereIsNoOther(String version, String expected) {
        legacyVersion = Integer.decode(version);
        extensions = new int[] {0x0000};

        assertThat(fingerprint()).isEqualTo("t" + expected + "d150100_8daaf6152771_000000000000");
    }

    @Test
    void tellsOfAClientThatOffersNothing() {
        ciphers = new int[0];
        extensions = new int[0];

        assertThat(fingerprint()).isEqualTo("t12i000000_000000000000_000000000000");
    }

    @Test
    void countsToNinetyNine() {
        ciphers = IntStream.range(1, 150).toArray();
        extensions = IntStream.range(100, 250).toArray();

        assertThat(fingerprint()).startsWith("t12i999900_");
    }
}
