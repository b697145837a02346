// Reads declarative pipelines as strictly as Jenkins does where it matters here, and runs them, one after the other:
// `groovy declarative.groovy FILE…`.
//
// This is no Jenkins. Groovy's own parser reads the file (of the version that is part of Jenkins, 2.4); the shape is
// compared with what "Pipeline Syntax" and the pages of the steps say of the sections, directives, options and steps
// that are used; and the steps are carried out with `sh -xe` as Jenkins does. What it prints for each file: `file
// NAME`; `problem TEXT` for each mistake; else what was done, line by line, and in the end `result SUCCESS`, `UNSTABLE`
// or `FAILURE`.

import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.control.*

// What may stand in what. A name leads to the names within its block; null: a call without a block.
STAGE = [
    steps: [sh: null, script: [:], archiveArtifacts: null, junit: null],
    post: [always: [sh: null, archiveArtifacts: null, junit: null]],
    environment: [:],
]
PIPELINE = [
    agent: [label: null],
    options: [disableConcurrentBuilds: null, timeout: null, buildDiscarder: null],
    triggers: [cron: null],
    environment: [:],
    stages: [stage: STAGE],
]
REQUIRED = [pipeline: ['agent', 'stages'], stages: ['stage'], stage: ['steps'], post: ['always'], triggers: ['cron']]

problems = []

def statements(ClosureExpression block) {
    block.code instanceof BlockStatement ? block.code.statements : [block.code]
}

def expressionOf(Statement statement) {
    statement instanceof ExpressionStatement || statement instanceof ReturnStatement ? statement.expression : null
}

/** The call that a statement is; null if it is none. */
def callOf(Statement statement) {
    def expression = expressionOf(statement)
    expression instanceof MethodCallExpression && expression.implicitThis ? expression : null
}

def check(String within, ClosureExpression block, Map allowed) {
    def seen = []
    statements(block).each { statement ->
        if (within == 'environment') {
            def expression = expressionOf(statement)
            def pair = expression instanceof BinaryExpression && expression.operation.text == '=' &&
                expression.leftExpression instanceof VariableExpression &&
                expression.rightExpression instanceof ConstantExpression
            if (!pair) problems << "line ${statement.lineNumber}: environment is NAME = 'value' only"
            return
        }
        def call = callOf(statement)
        def name = call?.methodAsString
        if (name == null) { problems << "line ${statement.lineNumber}: only calls may stand in $within"; return }
        if (!allowed.containsKey(name)) {
            problems << "line ${statement.lineNumber}: $name may not stand in $within"
            return
        }
        if (name in seen && name != 'stage' && within != 'steps') {
            problems << "line ${statement.lineNumber}: a second $name in $within"
        }
        seen << name
        def arguments = call.arguments.expressions
        def body = arguments ? arguments.last() : null
        if (name == 'agent' && body instanceof VariableExpression) {
            if (!(body.name in ['any', 'none'])) problems << "line ${statement.lineNumber}: agent ${body.name}"
        } else if (allowed[name] != null && !(body instanceof ClosureExpression)) {
            problems << "line ${statement.lineNumber}: $name needs a block"
        } else if (name == 'script') {
            // Groovy, as it likes.
        } else if (allowed[name] != null) {
            check(name, body, allowed[name])
        } else if (body instanceof ClosureExpression) {
            problems << "line ${statement.lineNumber}: $name takes no block"
        }
    }
    (REQUIRED[within] ?: []).each { if (!(it in seen)) problems << "$within has no $it" }
}

/** Compares the shape; whether it may be run. */
def isRight(File file) {
    problems.clear()
    def unit = new CompilationUnit()
    unit.addSource(file.name, file.getText('UTF-8'))
    try {
        unit.compile(Phases.CONVERSION)
    } catch (CompilationFailedException broken) {
        println "problem ${broken.message.replace('\n', ' ')}"
        return false
    }
    def top = unit.AST.modules[0].statementBlock.statements
    def pipelines = top.findAll { callOf(it)?.methodAsString == 'pipeline' }
    if (pipelines.size() != 1 || top.size() != 1) {
        problems << 'a declarative pipeline is one pipeline block'
    } else {
        check('pipeline', callOf(pipelines[0]).arguments.expressions.last(), PIPELINE)
    }
    problems.each { println "problem $it" }
    problems.empty
}

// From here on it runs. Every closure sees its delegate only, so that an unknown name is an error.

class Failed extends RuntimeException {
    Failed(String message) { super(message) }
}

abstract class Block {
    static final List RESULTS = ['SUCCESS', 'UNSTABLE', 'FAILURE']
    static String result = 'SUCCESS'
    static Map variables = [:]

    /** A result only ever becomes worse. */
    static void worsen(String other) { result = RESULTS[[result, other].collect { RESULTS.indexOf(it) }.max()] }

    def within(Object delegate, Closure body) {
        body = body.rehydrate(delegate, delegate, delegate)
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
    }

    static void keys(Map given, Map types) {
        given.each { key, value ->
            assert types.containsKey(key): "unknown argument $key"
            assert types[key].isInstance(value): "$key is a ${value.getClass().simpleName}"
        }
    }
}

class Environment extends Block {
    void setProperty(String name, Object value) { Block.variables[name] = value as String }
}

class Options extends Block {
    void disableConcurrentBuilds() {}
    void timeout(Map given) {
        keys(given, [time: Integer, unit: String])
        java.util.concurrent.TimeUnit.valueOf(given.unit)
    }
    void buildDiscarder(Map strategy) { assert strategy.rotator }
    Map logRotator(Map given) { keys(given, [numToKeepStr: String]); given.numToKeepStr as int; [rotator: true] }
}

class Triggers extends Block {
    /** Jenkins' own cron syntax: an optional time zone in the first line, five fields, and H. */
    void cron(String text) {
        def lines = text.readLines()
        if (lines[0].startsWith('TZ=')) {
            assert lines[0].substring(3) in TimeZone.availableIDs
            lines.remove(0)
        }
        lines.each { line ->
            def fields = line.split(/\s+/)
            assert fields.size() == 5
            [59, 23, 31, 12, 7].eachWithIndex { most, index ->
                def field = fields[index]
                def match = field =~ /^(?:\*|H|H\/(\d+)|(\d+))$/
                assert match.matches(): "field $field"
                (1..2).each { if (match.group(it)) assert (match.group(it) as int) <= most }
            }
        }
        println "cron ${text.replace('\n', ' ')}"
    }
}

class Script extends Block {
    Map bound = [:]

    Object sh(String script) { sh([script: script]) }
    Object sh(Map given) {
        keys(given, [script: String, returnStatus: Boolean, label: String])
        def file = File.createTempFile('step', '.sh')
        file.setText(given.script, 'UTF-8')
        def builder = new ProcessBuilder('sh', '-xe', file.path).redirectErrorStream(true)
        builder.environment().putAll(Block.variables + bound + [WORKSPACE: new File('').absolutePath])
        def process = builder.start()
        def log = process.inputStream.getText('UTF-8')
        def code = process.waitFor()
        file.delete()
        log.eachLine { println "log $it" }
        if (given.returnStatus) return code
        if (code != 0) throw new Failed("script returned exit code $code")
        null
    }
    void script(Closure body) { within(new Script(bound: bound), body) }
    void withCredentials(List bindings, Closure body) {
        def more = [:]
        bindings.each { more << it }
        within(new Script(bound: bound + more), body)
    }
    Map string(Map given) {
        keys(given, [credentialsId: String, variable: String])
        println "credentials ${given.credentialsId}"
        [(given.variable): "secret of ${given.credentialsId}".toString()]
    }
    Map aws(Map given) {
        keys(given, [credentialsId: String])
        println "credentials ${given.credentialsId}"
        [AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret']
    }
    void archiveArtifacts(Map given) {
        keys(given, [artifacts: String, allowEmptyArchive: Boolean])
        def found = new File(given.artifacts).exists()
        if (!found && !given.allowEmptyArchive) throw new Failed("no artifacts found")
        println "archived ${found ? given.artifacts : 'nothing'}"
    }
    /** Failed tests and those that could not be run make the build unstable; so does a file that cannot be read. */
    void junit(Map given) {
        keys(given, [testResults: String, allowEmptyResults: Boolean, healthScaleFactor: Number, checksName: String,
            stdioRetention: String] + ['keepLongStdio', 'keepProperties', 'keepTestNames', 'skipMarkingBuildUnstable',
            'skipOldReports', 'skipPublishingChecks'].collectEntries { [it, Boolean] })
        assert given.testResults: 'junit needs testResults'
        def file = new File(given.testResults)
        if (!file.exists() && !given.allowEmptyResults) throw new Failed('no test reports found')
        def tests = []
        try {
            if (file.exists()) {
                def cases = new XmlSlurper().parse(file).'**'.findAll { it.name() == 'testcase' }
                tests = cases.collect { test -> test.children().any { it.name() in ['failure', 'error'] } }
                if (!tests && !given.allowEmptyResults) throw new Failed('no test results found')
            }
        } catch (org.xml.sax.SAXException unreadable) {
            tests = [true]
        }
        def failed = tests.count(true)
        println tests ? "tests ${tests.size()}, failed $failed" : 'tests none'
        if (failed && !given.skipMarkingBuildUnstable) worsen('UNSTABLE')
    }
    void unstable(String message) { println "unstable $message"; worsen('UNSTABLE') }
    void error(String message) { throw new Failed(message) }
}

class Post extends Block {
    void always(Closure body) { within(new Script(), body) }
}

class Stage extends Block {
    Closure stepsBody, postBody
    void environment(Closure body) { within(new Environment(), body) }
    void steps(Closure body) { stepsBody = body }
    void post(Closure body) { postBody = body }
}

class Stages extends Block {
    boolean failed = false
    void stage(String name, Closure body) {
        if (failed) { println "skipped $name"; return }
        println "stage $name"
        def stage = new Stage()
        within(stage, body)
        attempt { within(new Script(), stage.stepsBody) }
        if (stage.postBody) attempt { within(new Post(), stage.postBody) }
    }
    private void attempt(Closure part) {
        try {
            part()
        } catch (Failed failure) {
            println "error ${failure.message}"
            worsen('FAILURE')
            failed = true
        }
    }
}

class Agent extends Block {
    void label(String label) { println "label $label" }
}

class Pipeline extends Block {
    final Object any = 'any'
    void agent(Object any) { assert any == 'any' }
    void agent(Closure body) { within(new Agent(), body) }
    void options(Closure body) { within(new Options(), body) }
    void triggers(Closure body) { within(new Triggers(), body) }
    void environment(Closure body) { within(new Environment(), body) }
    void stages(Closure body) { within(new Stages(), body) }
}

args.collect { new File(it) }.each { file ->
    println "file ${file.name}"
    if (!isRight(file)) return
    Block.result = 'SUCCESS'
    Block.variables = [:]
    def binding = new Binding()
    binding.setVariable('pipeline', { Closure body -> new Pipeline().with { within(it, body) } })
    try {
        new GroovyShell(Block.classLoader, binding).evaluate(file.getText('UTF-8'), 'Jenkinsfile')
        println "result ${Block.result}"
    } catch (Throwable broken) {
        println "problem ${broken.toString().replace('\n', ' ')}"
    }
}
