package io.portward.config.yaml;

import io.portward.config.validate.Position;
import io.portward.config.validate.Problems;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Composes text into SnakeYAML's node tree within bounds that no honest configuration reaches. */
final class NodeTree {

    /** The deepest key, {@code ports[].tls.tickets.rotateEvery}, lies seven levels down. */
    private static final int MAX_DEPTH = 20;

    /** Aliases of lists and mappings; each one multiplies the work behind it. */
    private static final int MAX_ALIASES = 50;

    /** Nodes of 50,000 certificate entries with room to spare; bounds the memory to about 200 MB. */
    private static final int MAX_EVENTS = 800_000;

    private NodeTree() {}

    /** The root node, or null after reporting why there is none. */
    static @Nullable Node compose(String text, Problems problems) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(SourceText.MAX_BYTES);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setProcessComments(false);
        options.setMergeOnCompose(false);
        BoundedParser parser = new BoundedParser(new ParserImpl(new StreamReader(text), options));
        try {
            Node root = new Composer(parser, new Resolver(), options).getSingleNode();
            if (root == null) {
                problems.errorAt(new Position(1, 1), "", "the file is empty (expected: at least the key 'ports')");
            }
            return root;
        } catch (MarkedYAMLException e) {
            YamlSyntax wrong = YamlSyntax.of(e);
            problems.errorAt(position(wrong.at()), "", "not valid YAML: " + wrong.message() + hint(e, text));
        } catch (YAMLException e) {
            problems.errorAt(position(parser.last), "", "not usable as a configuration: " + e.getMessage());
        } catch (StackOverflowError | OutOfMemoryError e) {
            // The bounds above should make this impossible; a supervisor should still get a clear line instead of a
            // crash.
            problems.errorAt(Position.WHOLE_FILE, "", "takes more memory to read than there is");
        }
        return null;
    }

    static Position position(@Nullable Mark mark) {
        return mark == null ? new Position(1, 1) : new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    private static String hint(MarkedYAMLException e, String text) {
        Mark mark = e.getProblemMark();
        String line = mark == null
                ? ""
                : text.lines().skip(mark.getLine()).findFirst().orElse("");
        if (line.matches(".*[:,\\[\\s-]\\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*].*")) {
            return " (an IPv6 address needs quotes: \"[::]:443\")";
        }
        return "";
    }

    /** Passes events on until there are too many of them. */
    private static final class BoundedParser implements Parser {

        private final Parser parser;
        private int events;
        private @Nullable Mark last;

        BoundedParser(Parser parser) {
            this.parser = parser;
        }

        @Override
        public boolean checkEvent(Event.ID choice) {
            return parser.checkEvent(choice);
        }

        @Override
        public Event peekEvent() {
            return parser.peekEvent();
        }

        @Override
        public Event getEvent() {
            if (++events > MAX_EVENTS) {
                throw new YAMLException("it holds more than " + MAX_EVENTS + " values");
            }
            Event event = parser.getEvent();
            last = event.getStartMark();
            return event;
        }
    }
}
