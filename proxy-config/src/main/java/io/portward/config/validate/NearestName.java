package io.portward.config.validate;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name that was probably meant. */
public final class NearestName {

    // Longer texts are no typing mistakes, and comparing them would cost a hostile file's author nothing.
    private static final int MAX_LENGTH = 64;

    /** Two letters begin too many words. */
    private static final int SHORTEST_BEGINNING = 3;

    private static final int FAR = Integer.MAX_VALUE;

    private NearestName() {}

    /** {@code " (did you mean 'web'?)"}, or an empty text when nothing is near. */
    public static String hint(String written, Collection<String> known) {
        String nearest = find(written, known);
        return nearest == null ? "" : " (did you mean '" + nearest + "'?)";
    }

    /**
     * The known name with the fewest typing mistakes between it and {@code written}, else one that begins with it or that it begins with; null
     * when none is near, or several equally.
     */
    public static @Nullable String find(String written, Collection<String> known) {
        if (written.isEmpty() || written.length() > MAX_LENGTH) {
            return null;
        }
        String plain = plain(written);
        String best = null;
        int bestDistance = FAR;
        for (String candidate : known) {
            int distance = distance(plain, plain(candidate));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            } else if (distance == bestDistance) {
                best = null; // to name one of 'v1' and 'v2' for 'v3' would be a guess
            }
        }
        return best;
    }

    /** How far apart two words are; a beginning ('warning' for 'warn') counts as farther than any typing mistake. */
    private static int distance(String a, String b) {
        int difference = Math.abs(a.length() - b.length());
        // One mistake in three letters: 'wbe' still finds 'web', 'imap' does not find 'smtp'.
        int allowed = Math.max(1, Math.max(a.length(), b.length()) / 3);
        if (difference <= allowed) {
            int edits = edits(a, b);
            if (edits <= allowed) {
                return edits;
            }
        }
        boolean begins = Math.min(a.length(), b.length()) >= SHORTEST_BEGINNING && (a.startsWith(b) || b.startsWith(a));
        return begins ? MAX_LENGTH + difference : FAR;
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
    }

    /** Edits between two words, a swap of neighbours counting as one (optimal string alignment). */
    private static int edits(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int best = Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1);
                best = Math.min(best, cost[i - 1][j - 1] + change);
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                cost[i][j] = swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
            }
        }
        return cost[a.length()][b.length()];
    }
}
