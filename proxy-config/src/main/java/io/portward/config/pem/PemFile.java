package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Reads the files that certificates are kept in. */
final class PemFile {

    /** A chain of four RSA-4096 certificates has 10 KB; more than this is not a certificate. */
    private static final int MAX_BYTES = 1024 * 1024;

    private PemFile() {}

    /** The content, or null after adding to {@code problems}. */
    static @Nullable String read(Path file, Part part, Collection<PemProblem> problems) {
        try {
            if (Files.isDirectory(file)) {
                return fail(Kind.UNREADABLE, part, file, file + " is a directory, not a file", problems);
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MAX_BYTES + 1);
            }
            return bytes.length > MAX_BYTES
                    ? fail(Kind.UNREADABLE, part, file, file + " is larger than 1 MiB", problems)
                    : new String(bytes, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return fail(Kind.NOT_FOUND, part, file, "no such file: " + file, problems);
        } catch (AccessDeniedException e) {
            return fail(Kind.UNREADABLE, part, file, "permission denied: " + file, problems);
        } catch (IOException e) {
            return fail(Kind.UNREADABLE, part, file, file + " cannot be read: " + e.getMessage(), problems);
        }
    }

    /** Adds a problem when users outside the file's group can read it. */
    static void refuseWorldReadable(Path file, Part part, Collection<PemProblem> problems) {
        try {
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                problems.add(new PemProblem(
                        Kind.WORLD_READABLE,
                        part,
                        file,
                        "everyone on this machine can read " + file + "; run: chmod 600 " + shellQuoted(file)));
            }
        } catch (UnsupportedOperationException e) {
            // No POSIX permissions here, so there is nothing to check.
        } catch (NoSuchFileException e) {
            problems.add(new PemProblem(Kind.NOT_FOUND, part, file, "no such file: " + file));
        } catch (IOException e) {
            problems.add(new PemProblem(
                    Kind.UNREADABLE, part, file, "permissions of " + file + " cannot be read: " + e.getMessage()));
        }
    }

    private static String shellQuoted(Path file) {
        String text = file.toString();
        return text.matches("[A-Za-z0-9/._+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    private static @Nullable String fail(
            Kind kind, Part part, Path file, String message, Collection<PemProblem> problems) {
        problems.add(new PemProblem(kind, part, file, message));
        return null;
    }
}
