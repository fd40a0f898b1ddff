#!/usr/bin/env perl
# An external engine that fails as its first argument says, for tests/sweep/external_engines.rs.
use strict;
use warnings;

my $fault = shift @ARGV;
if (grep { $_ eq '--version' } @ARGV) {
    die "a version on purpose withheld\n" if $fault eq 'no_version';
    print "chatter before the version\n" if $fault eq 'chatter';
    print "1.0\n" if $fault eq 'bare_version';
    print "{\"version\": \"1.0\", \"fault\": \"$fault\"}\n" unless $fault eq 'bare_version';
    exit;
}
my $job = <STDIN>;
my ($path)    = $job =~ /"results":"([^"]*)"/;
my ($test)    = $job =~ /"test_size":(\d+)/;
my ($threads) = $job =~ /"threads":(\d+)/;
open my $results, '>', $path or die "$path: $!\n";
sub say_raw { syswrite $results, "$_[0]\n" }

sub predict {
    my ($predictions, $facts) = @_;
    say_raw('{"reply": "ok", "index": 0, "predictions": "' . $predictions . '", "fit_seconds": 0.5, '
            . '"predict_seconds": 0.25, "fit_cpu_seconds": 0.5, "predict_cpu_seconds": 0.25, "facts": {'
            . ($facts // '') . '}}');
}

die "it died before it was ready\n" if $fault eq 'early_crash';
say_raw('{"reply": "ready"}');
if    ($fault eq 'crash')        { print STDERR "the last words\n"; exit 3 }
elsif ($fault eq 'signal')       { kill 'KILL', $$ }
elsif ($fault eq 'vanish')       { exit 0 }
elsif ($fault eq 'hang')         { sleep 3600 }
elsif ($fault eq 'child_hangs')  { system 'sleep 3600 & sleep 3600' }
elsif ($fault eq 'grow')         { my @held; while (1) { push @held, 'x' x (8 << 20) } }
elsif ($fault eq 'short')        { predict('0' x ($test - 1)) }
elsif ($fault eq 'long')         { predict('0' x ($test + 1)) }
elsif ($fault eq 'out_of_range') { predict('9' . '0' x ($test - 1)) }
elsif ($fault eq 'no_class')     { predict('!' . '0' x ($test - 1)) }
elsif ($fault eq 'garbage')      { say_raw('accuracy 1.0') }
elsif ($fault eq 'own_accuracy') { say_raw('{"reply": "ok", "index": 0, "accuracy": 1.0}') }
elsif ($fault eq 'other_index')  { say_raw('{"reply": "failed", "index": 7, "kind": "failed", "reason": ""}') }
elsif ($fault eq 'no_time') {
    say_raw('{"reply": "ok", "index": 0, "predictions": "' . '0' x $test . '", "fit_seconds": -1, '
            . '"predict_seconds": 0, "fit_cpu_seconds": 0, "predict_cpu_seconds": 0}');
}
elsif ($fault eq 'long_time') {
    say_raw('{"reply": "ok", "index": 0, "predictions": "' . '0' x $test . '", "fit_seconds": 1e12, '
            . '"predict_seconds": 0, "fit_cpu_seconds": 0, "predict_cpu_seconds": 0}');
}
elsif ($fault eq 'hidden_fact') { predict('0' x $test, '"note": "a\\tb"') }
elsif ($fault eq 'hidden_reason') {
    say_raw('{"reply": "failed", "index": 0, "kind": "failed", "reason": "\\u001b[31mred\\u200b\\r"}');
}
elsif ($fault eq 'blank_reason') {
    say_raw('{"reply": "failed", "index": 0, "kind": "diverged", "reason": " "}');
}
elsif ($fault eq 'endless') { syswrite $results, '0' x 10000 while 1 }
elsif ($fault eq 'no_memory') {
    say_raw('{"reply": "failed", "index": 0, "kind": "out_of_memory", "reason": "wanted 27 GiB"}');
}
elsif ($fault eq 'diverge') {
    say_raw('{"reply": "failed", "index": 0, "kind": "diverged", "reason": "not a number"}');
}
elsif ($fault eq 'chatter') {
    print '{"reply": "ok", "index": 0, "predictions": ""}', "\n" x 3, "chatter " x 100_000, "\n";
    print STDERR "\xff\xfe\e[31mred\n";
    predict('0' x $test);
}
elsif ($fault eq 'tell') {
    # Reports its environment variables, the keys of the job, and the files beside the training data.
    my $environment = join ' ', map {"$_=$ENV{$_}"} sort grep { !/^(PATH|HOME|TMPDIR|LD_LIBRARY_PATH)$/ } keys %ENV;
    my $keys = join ' ', $job =~ /"(\w+)":/g;
    my $files = join ' ', map { (split m{/})[-1] } glob $job =~ m{"X_train":"([^"]*)/[^/"]*"} ? "$1/*" : ();
    predict('0' x $test, "\"environment\": \"$environment\", \"keys\": \"$keys\", \"files\": \"$files\"");
}
