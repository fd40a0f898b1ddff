#!/usr/bin/env perl
# An engine whose time grows with the images: 100 s x `learning_rate` x (images / all images)^power. The first argument
# is the number of all images, the second the power. The engine logs each job in the file that the third argument names.
use strict;
use warnings;

if (grep { $_ eq '--version' } @ARGV) {
    print "{\"version\": \"1.0\"}\n";
    exit;
}
my ($whole, $power, $log) = @ARGV;
my $job = <STDIN>;
my ($results) = $job =~ /"results":"([^"]*)"/;
my ($train, $test) = ($job =~ /"train_size":(\d+)/, $job =~ /"test_size":(\d+)/);
my ($rate) = $job =~ /"learning_rate":([0-9.]+)/;

open my $out, '>', $results or die "cannot open the results: $!\n";
syswrite $out, "{\"reply\": \"ready\"}\n";
open my $note, '>>', $log or die "$log: $!\n";
syswrite $note, "$rate: $train $test\n";
my $seconds = 100 * $rate * ($train / $whole)**$power;
select undef, undef, undef, $seconds;
my $predictions = '0' x $test;
syswrite $out, "{\"reply\": \"ok\", \"index\": 0, \"predictions\": \"$predictions\", \"fit_seconds\": $seconds, "
    . "\"predict_seconds\": 0, \"fit_cpu_seconds\": 0, \"predict_cpu_seconds\": 0}\n";
