BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE rtl_attempts (
	trial_id INTEGER NOT NULL, 
	attempt BIGINT NOT NULL, 
	slot TEXT NOT NULL, 
	node TEXT NOT NULL, 
	started FLOAT NOT NULL, 
	ended FLOAT, 
	outcome VARCHAR(64), 
	message TEXT NOT NULL, 
	resumed_step BIGINT, 
	exit_code BIGINT, 
	last_words TEXT, 
	PRIMARY KEY (trial_id, attempt), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_attempts" VALUES(1,1,'host-9920-71efc2cf/0','in-process',1.8880462646484375e-01,2.67569780349731445312e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(4,1,'host-9920-71efc2cf/1','in-process',2.72719860076904296875e-01,2.74387836456298828125e-01,'invalid','Traceback (most recent call last):
  File "make_database.py", line 40, in train
    raise rtl.TrialInvalid("no such network")
raytune_lite.exceptions.TrialInvalid: no such network
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,1,'host-9920-71efc2cf/2','in-process',2.7678394317626953125e-01,2.77831554412841796875e-01,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(5,2,'host-9920-71efc2cf/3','in-process',0.284104585647583,2.84790754318237304687e-01,'exception','Traceback (most recent call last):
  File "make_database.py", line 42, in train
    raise ValueError("diverged ü 🚀")
ValueError: diverged ü 🚀
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,1,'host-9920-71efc2cf/4','in-process',2.87613153457641601562e-01,2.88880109786987304687e-01,'out_of_memory','Traceback (most recent call last):
  File "make_database.py", line 44, in train
    raise MemoryError
MemoryError
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,2,'host-9920-71efc2cf/5','in-process',2.96801090240478515625e-01,3.24727773666381835937e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(7,1,'host-9920-71efc2cf/6','in-process',3.27041864395141601562e-01,0.352825403213501,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(6,3,'host-9920-71efc2cf/7','in-process',3.7670993804931640625e-01,4.32849884033203125e-01,'paused','',1,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(8,1,'host-9920-71efc2cf/8','in-process',4.36700344085693359375e-01,4.64756011962890625e-01,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(9,1,'host-9920-71efc2cf/9','in-process',4.8870182037353515625e-01,4.90706682205200195312e-01,'non_finite','Traceback (most recent call last):
  File "runtime/worker.py", line 482, in check_values
    raise NonFiniteResult(f"the objective returned {result!r}: NaN is not a result, so the trial is FAIL.")
raytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(10,1,'host-9920-71efc2cf/10','in-process',4.968318939208984375e-01,5.76786756515502929687e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(11,1,'host-9920-71efc2cf/11','in-process',5.79702854156494140625e-01,6.08747005462646484375e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(12,1,'host-9920-71efc2cf/12','in-process',6.12712860107421875e-01,6.87699794769287109375e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(13,1,'host-9920-71efc2cf/13','in-process',6.92686796188354492187e-01,7.20737695693969726562e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(14,1,'host-9920-71efc2cf/14','in-process',7.24724054336547851562e-01,7.4873828887939453125e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(15,1,'host-9920-71efc2cf/15','in-process',7.52822399139404296875e-01,7.80224323272705078125e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,1,'host-9920-71efc2cf/16','in-process',7.84845113754272460937e-01,8.67000818252563476562e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(17,1,'host-9920-71efc2cf/17','in-process',8.68731021881103515625e-01,9.43468332290649414062e-01,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(16,2,'host-9920-71efc2cf/18','in-process',9.48709011077880859375e-01,1.13678598403930664062e+00,'complete','',3,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(18,1,'host-9920-8193ad38/0','in-process',1.5027065277099609375e+00,1.58873677253723144531e+00,'paused','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,1,'host-9920-8193ad38/1','in-process',1.59267902374267578125e+00,1.59391450881958,'interrupted','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(19,2,'host-9920-2094129d/0','in-process',1.6444835662841796875e+00,1.64585804939270019531e+00,'worker_crash','attempt 2 lost (worker_crash): gone',NULL,-11,'Fatal Python error: Segmentation fault
  File "train.py", line 9
');
INSERT INTO "rtl_attempts" VALUES(20,1,'host-9920-2094129d/1','in-process',1.64496254920959472656e+00,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(22,1,'host-9920-25007074/0','in-process',3.13985347747802734375e-02,3.40073108673095703125e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(23,1,'host-9920-25007074/1','in-process',3.49042415618896484375e-02,0.0362246036529541,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(24,1,'host-9920-25007074/2','in-process',3.68421077728271484375e-02,3.7892818450927734375e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(25,1,'host-9920-25007074/3','in-process',3.86707782745361328125e-02,4.0324687957763671875e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(26,1,'host-9920-25007074/4','in-process',4.09104824066162109375e-02,4.208850860595703125e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(27,1,'host-9920-25007074/5','in-process',0.0426633358001709,4.37395572662353515625e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(28,1,'host-9920-25007074/6','in-process',4.43336963653564453125e-02,4.549884796142578125e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(29,1,'host-9920-25007074/7','in-process',4.60855960845947265625e-02,4.76856231689453125e-02,'pruned','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(30,1,'host-9920-3958b332/0','in-process',3.37741374969482421875e-02,3.459072113037109375e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(31,1,'host-9920-3958b332/1','in-process',3.54678630828857421875e-02,3.61995697021484375e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(32,1,'host-9920-3958b332/2','in-process',3.70616912841796875e-02,3.7744998931884765625e-02,'exception','Traceback (most recent call last):
  File "make_database.py", line 111, in cell
    raise ValueError("odd")
ValueError: odd
',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(33,1,'host-9920-3958b332/3','in-process',3.8472652435302734375e-02,3.90560626983642578125e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(34,1,'host-9920-8af3a421/0','in-process',0.06182861328125,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(35,1,'host-9920-8af3a421/1','in-process',6.2325000762939453125e-02,6.2670230865478515625e-02,'exception','told FAIL by the user',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(36,1,'host-9920-ba2bec15/0','in-process',3.41231822967529296875e-02,3.5517215728759765625e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(37,1,'host-9920-ba2bec15/1','in-process',3.69756221771240234375e-02,3.75111103057861328125e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(38,1,'host-9920-e46a4d0c/0','in-process',3.73713970184326171875e-02,3.85563373565673828125e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(39,1,'host-9920-e46a4d0c/1','in-process',4.0055751800537109375e-02,4.07903194427490234375e-02,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(40,1,'host-9920-02f18d27/0','in-process',6.0448169708251953125e-02,NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(45,1,'host-9920-5a7f052a/0','in-process',1.108684539794921875e-01,1.1197376251220703125e-01,'complete','',NULL,NULL,NULL);
INSERT INTO "rtl_attempts" VALUES(46,1,'host-9920-5a7f052a/1','in-process',1.13240957260131835937e-01,1.13890886306762695312e-01,'complete','',NULL,NULL,NULL);
CREATE TABLE rtl_checkpoints (
	trial_id INTEGER NOT NULL, 
	uri_sha256 VARCHAR(64) NOT NULL, 
	uri TEXT NOT NULL, 
	attempt BIGINT NOT NULL, 
	step BIGINT NOT NULL, 
	digest VARCHAR(256) NOT NULL, 
	size BIGINT NOT NULL, 
	PRIMARY KEY (trial_id, uri_sha256), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_checkpoints" VALUES(16,'54379e320c3a1450d92d231d02ffcd45a9efd0de431a152032a08afd3ad9d709','trial-00015/attempt-2/step-9',2,9,'64e66914f70fa5e04a510ed18c7db33df73ae5b1dcf380980f57caca6bcbafb0',11);
INSERT INTO "rtl_checkpoints" VALUES(18,'b8032675f4f2f83315a4deb7339f2aace40b12be9827fbf1e4054db8137c6f1f','trial-00017/attempt-1/step-2',1,2,'92c14ebc4112389d1324a40e24751205344473a9c054bf908cf00fd78678cdbf',11);
INSERT INTO "rtl_checkpoints" VALUES(18,'4a44b94c9261146db2aa1791a87b5d03174d2cb9e3ad05e42d57b0834154c6af','trial-00017/attempt-1/step-3',1,3,'05473be25f23ccc8f972aad9e5ea0de878c020e7cd04cefa497f5cd5daf7e221',11);
CREATE TABLE rtl_epochs (
	study_id INTEGER NOT NULL, 
	epoch BIGINT NOT NULL, 
	run TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid BIGINT NOT NULL, 
	pid_started TEXT NOT NULL, 
	lease_until FLOAT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_epochs" VALUES(1,5,'','process 9920 on host (run host-9920-2094129d)','host boot pid:[1]',9920,'78237',0.0);
INSERT INTO "rtl_epochs" VALUES(2,1,'','process 9920 on host (run host-9920-25007074)','host boot pid:[1]',9920,'78237',0.0);
INSERT INTO "rtl_epochs" VALUES(3,2,'','process 9920 on host (run host-9920-8af3a421)','host boot pid:[1]',9920,'78237',0.0);
INSERT INTO "rtl_epochs" VALUES(4,1,'','process 9920 on host (run host-9920-ba2bec15)','host boot pid:[1]',9920,'78237',0.0);
INSERT INTO "rtl_epochs" VALUES(5,2,'','process 9920 on host (run host-9920-02f18d27)','host boot pid:[1]',9920,'78237',0.0);
INSERT INTO "rtl_epochs" VALUES(6,1,'','process 9920 on host (run host-9920-5a7f052a)','host boot pid:[1]',9920,'78237',0.0);
CREATE TABLE rtl_events (
	study_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	json TEXT NOT NULL, 
	PRIMARY KEY (study_id, seq), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_events" VALUES(1,1,1,0.0951077938079834,'{"_":"RunStarted","at":0.0951077938079834,"run":"host-9920-afff1a63","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(1,2,1,1.08852863311767578125e-01,'{"_":"TrialEnqueued","at":0.10885286331176758,"params":[["lr","0.5"]],"user_attrs":[["why","\"a guess\""]],"key":"ff80b00cb135467699c4b1de937ac062"}');
INSERT INTO "rtl_events" VALUES(1,3,1,1.13074064254760742187e-01,'{"_":"TrialAdded","at":0.11307406425476074,"number":null,"state":1,"values":[0.25],"params":[{"_":"ParamValue","name":"lr","value":0.25,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}],"reports":[[1,0.5]],"user_attrs":[],"system_attrs":[],"imported":false,"key":"e7e8ae90e393459ca36f6b380abf28fd"}');
INSERT INTO "rtl_events" VALUES(1,4,1,1.16770267486572265625e-01,'{"_":"TrialAdded","at":0.11677026748657227,"number":null,"state":3,"values":null,"params":[],"reports":[],"user_attrs":[],"system_attrs":[],"imported":false,"key":"4fd668322bf847b9a18fcbd8144c7b62"}');
INSERT INTO "rtl_events" VALUES(1,5,2,1.7896556854248046875e-01,'{"_":"RunStarted","at":0.17896556854248047,"run":"host-9920-71efc2cf","n_trials":14,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(1,6,2,1.8880462646484375e-01,'{"_":"Claimed","at":0.18880462646484375,"slot":"host-9920-71efc2cf/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,7,2,2.04418897628784179687e-01,'{"_":"Suggested","at":0.20441889762878418,"number":0,"params":[],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(1,8,2,0.213486909866333,'{"_":"Reported","at":0.213486909866333,"number":0,"attempt":1,"progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}]}}');
INSERT INTO "rtl_events" VALUES(1,9,2,0.221160888671875,'{"_":"ParamSet","at":0.221160888671875,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},"seen":8}');
INSERT INTO "rtl_events" VALUES(1,10,2,2.21690893173217773437e-01,'{"_":"ParamSet","at":0.22169089317321777,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},"seen":9}');
INSERT INTO "rtl_events" VALUES(1,11,2,2.22103834152221679687e-01,'{"_":"ParamSet","at":0.22210383415222168,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}},"seen":10}');
INSERT INTO "rtl_events" VALUES(1,12,2,2.648830413818359375e-01,'{"_":"Reported","at":0.26488304138183594,"number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.5]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 0}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00000/attempt-1/step-1","digest":"8acaa7141468b64ad67012569ccae58a4172435a8f578207a787bc81d6c1d201","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,13,2,2.67569780349731445312e-01,'{"_":"AttemptEnded","at":0.26756978034973145,"number":0,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,14,2,2.72719860076904296875e-01,'{"_":"Claimed","at":0.2727198600769043,"slot":"host-9920-71efc2cf/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,15,2,2.73262739181518554687e-01,'{"_":"Suggested","at":0.27326273918151855,"number":3,"params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.1,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":14,"note":""}');
INSERT INTO "rtl_events" VALUES(1,16,2,2.74387836456298828125e-01,'{"_":"AttemptEnded","at":0.27438783645629883,"number":3,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.007664055749994604,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 3}"]],"constraints":[["memory",-1.0]]},"values":null,"failure":{"_":"Failure","error":"TrialInvalid: no such network","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 40, in train\n    raise rtl.TrialInvalid(\"no such network\")\nraytune_lite.exceptions.TrialInvalid: no such network\n","kind":"invalid","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,17,2,2.7678394317626953125e-01,'{"_":"Claimed","at":0.27678394317626953,"slot":"host-9920-71efc2cf/2","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,18,2,2.77106761932373046875e-01,'{"_":"Suggested","at":0.27710676193237305,"number":4,"params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":17,"note":""}');
INSERT INTO "rtl_events" VALUES(1,19,2,2.77831554412841796875e-01,'{"_":"AttemptEnded","at":0.2778315544128418,"number":4,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0005527382927615971,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]],"constraints":[["memory",0.5]]},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,20,2,0.284104585647583,'{"_":"Claimed","at":0.284104585647583,"slot":"host-9920-71efc2cf/3","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,21,2,2.84790754318237304687e-01,'{"_":"AttemptEnded","at":0.2847907543182373,"number":4,"attempt":2,"outcome":"fail","progress":{"_":"Progress","user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 4}"]]},"values":null,"failure":{"_":"Failure","error":"ValueError: diverged \u00fc \ud83d\ude80","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,22,2,2.87613153457641601562e-01,'{"_":"Claimed","at":0.2876131534576416,"slot":"host-9920-71efc2cf/4","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,23,2,2.8798961639404296875e-01,'{"_":"Suggested","at":0.28798961639404297,"number":5,"params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":22,"note":""}');
INSERT INTO "rtl_events" VALUES(1,24,2,2.88880109786987304687e-01,'{"_":"AttemptEnded","at":0.2888801097869873,"number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.010330193076303255,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"constraints":[["memory",-1.0]]},"values":null,"failure":{"_":"Failure","error":"MemoryError: ","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 44, in train\n    raise MemoryError\nMemoryError\n","kind":"out_of_memory","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,25,2,2.96801090240478515625e-01,'{"_":"Claimed","at":0.2968010902404785,"slot":"host-9920-71efc2cf/5","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,26,2,3.2096004486083984375e-01,'{"_":"Reported","at":0.32096004486083984,"number":5,"attempt":2,"progress":{"_":"Progress","reports":[[1,3.010330193076303]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":2,"uri":"trial-00005/attempt-2/step-1","digest":"91eba13bf0391f33bd05f16aafd692e97db119cb452acc0df547666068eb8145","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,27,2,3.24727773666381835937e-01,'{"_":"AttemptEnded","at":0.32472777366638184,"number":5,"attempt":2,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,28,2,3.27041864395141601562e-01,'{"_":"Claimed","at":0.3270418643951416,"slot":"host-9920-71efc2cf/6","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,29,2,3.27587604522705078125e-01,'{"_":"Suggested","at":0.3275876045227051,"number":6,"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.2,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":28,"note":""}');
INSERT INTO "rtl_events" VALUES(1,30,2,3.46348285675048828125e-01,'{"_":"Reported","at":0.34634828567504883,"number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,Infinity]],"params":[{"_":"ParamValue","name":"lr","value":0.003019898532598357,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 6}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00006/attempt-1/step-1","digest":"2050ba9e8456d20e4705d0f57dfd8ac6ca12f13f4e89ad5efe44b64366a35886","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,31,2,0.352825403213501,'{"_":"AttemptEnded","at":0.352825403213501,"number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,32,2,3.7670993804931640625e-01,'{"_":"Claimed","at":0.3767099380493164,"slot":"host-9920-71efc2cf/7","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,33,2,4.04732465744018554687e-01,'{"_":"Reported","at":0.40473246574401855,"number":5,"attempt":3,"progress":{"_":"Progress","reports":[[2,1.5103301930763033]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 5}"]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":3,"uri":"trial-00005/attempt-3/step-2","digest":"b32f9ffb811ad17d093307d0f5ea55d413f0e771bc749e6e7308f41a56e10558","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,34,2,4.24731731414794921875e-01,'{"_":"Reported","at":0.4247317314147949,"number":5,"attempt":3,"progress":{"_":"Progress","reports":[[3,1.0103301930763033]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":3,"uri":"trial-00005/attempt-3/step-3","digest":"63131d0adb1c3b6face4ad5e175ec13d9ef1075a058eb00563ec1eca395dafb3","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,35,2,4.32849884033203125e-01,'{"_":"AttemptEnded","at":0.4328498840332031,"number":5,"attempt":3,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,36,2,4.36700344085693359375e-01,'{"_":"Claimed","at":0.43670034408569336,"slot":"host-9920-71efc2cf/8","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,37,2,4.37065839767456054687e-01,'{"_":"Suggested","at":0.43706583976745605,"number":7,"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":36,"note":""}');
INSERT INTO "rtl_events" VALUES(1,38,2,4.60733175277709960937e-01,'{"_":"Reported","at":0.46073317527770996,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,NaN]],"params":[{"_":"ParamValue","name":"lr","value":0.00025937125471121,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 7}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00007/attempt-1/step-1","digest":"bf73f0703d86f0935784b0d34bf2299177003e71b91a8a07ccbf84f2c985ecd5","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,39,2,4.64756011962890625e-01,'{"_":"AttemptEnded","at":0.4647560119628906,"number":7,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,40,2,4.8870182037353515625e-01,'{"_":"Claimed","at":0.48870182037353516,"slot":"host-9920-71efc2cf/9","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,41,2,4.893474578857421875e-01,'{"_":"Suggested","at":0.4893474578857422,"number":8,"params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":40,"note":""}');
INSERT INTO "rtl_events" VALUES(1,42,2,4.90706682205200195312e-01,'{"_":"AttemptEnded","at":0.4907066822052002,"number":8,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.008007109668025512,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 8}"]],"constraints":[["memory",0.5]]},"values":null,"failure":{"_":"Failure","error":"NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.","traceback":"Traceback (most recent call last):\n  File \"runtime/worker.py\", line 482, in check_values\n    raise NonFiniteResult(f\"the objective returned {result!r}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n","kind":"non_finite","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(1,43,2,4.968318939208984375e-01,'{"_":"Claimed","at":0.49683189392089844,"slot":"host-9920-71efc2cf/10","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,44,2,4.97253179550170898437e-01,'{"_":"Suggested","at":0.4972531795501709,"number":9,"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":43,"note":""}');
INSERT INTO "rtl_events" VALUES(1,45,2,5.20766735076904296875e-01,'{"_":"Reported","at":0.5207667350769043,"number":9,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.0028402277067565]],"params":[{"_":"ParamValue","name":"lr","value":0.002840227706756487,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.30000000000000004,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 9}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00009/attempt-1/step-1","digest":"f4d666cda1e82fb4b28798cb3626f628c3a79784902afedc6394b997198ff74b","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,46,2,5.38358926773071289062e-01,'{"_":"Reported","at":0.5383589267730713,"number":9,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.5028402277067565]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00009/attempt-1/step-2","digest":"2a1debfb2cdb770a6d2c9598026c11486d7181f59770aeb78d3afa90fd0f1dbf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,47,2,5.60726165771484375e-01,'{"_":"Reported","at":0.5607261657714844,"number":9,"attempt":1,"progress":{"_":"Progress","reports":[[3,1.0028402277067565]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00009/attempt-1/step-3","digest":"5a5fd1d342bd2544790293fb206f4719f0be284bc96a22ed3ea30329772bfcaf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,48,2,5.76786756515502929687e-01,'{"_":"AttemptEnded","at":0.5767867565155029,"number":9,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,49,2,5.79702854156494140625e-01,'{"_":"Claimed","at":0.5797028541564941,"slot":"host-9920-71efc2cf/11","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,50,2,5.801601409912109375e-01,'{"_":"Suggested","at":0.5801601409912109,"number":10,"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":49,"note":""}');
INSERT INTO "rtl_events" VALUES(1,51,2,6.04709386825561523437e-01,'{"_":"Reported","at":0.6047093868255615,"number":10,"attempt":1,"progress":{"_":"Progress","reports":[[1,3.1191549417176163]],"params":[{"_":"ParamValue","name":"lr","value":0.11915494171761642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.9,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 10}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00010/attempt-1/step-1","digest":"7b81b6440ef9acf965d398921cbb4793282126ab604ad195b0097a0668ce8363","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,52,2,6.08747005462646484375e-01,'{"_":"AttemptEnded","at":0.6087470054626465,"number":10,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,53,2,6.12712860107421875e-01,'{"_":"Claimed","at":0.6127128601074219,"slot":"host-9920-71efc2cf/12","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,54,2,6.13131761550903320312e-01,'{"_":"Suggested","at":0.6131317615509033,"number":11,"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":53,"note":""}');
INSERT INTO "rtl_events" VALUES(1,55,2,6.32698774337768554687e-01,'{"_":"Reported","at":0.6326987743377686,"number":11,"attempt":1,"progress":{"_":"Progress","reports":[[1,2.201437072938681]],"params":[{"_":"ParamValue","name":"lr","value":0.2014370729386812,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 11}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00011/attempt-1/step-1","digest":"a2ec4bef1b9b0b77ee26ed822e4386ac91b849368b3caa40bd71d049f20d679f","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,56,2,6.52750253677368164062e-01,'{"_":"Reported","at":0.6527502536773682,"number":11,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.2014370729386812]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00011/attempt-1/step-2","digest":"5058c593ea28afa8d758e40581dbb9487bdcd29edac188de1b6699fd260eb062","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,57,2,6.72740936279296875e-01,'{"_":"Reported","at":0.6727409362792969,"number":11,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.8681037396053478]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00011/attempt-1/step-3","digest":"a11f3246bbb74799b51dcb29206e491d8e34f43dfe8f8522cb76ff57d52b6080","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,58,2,6.87699794769287109375e-01,'{"_":"AttemptEnded","at":0.6876997947692871,"number":11,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,59,2,6.92686796188354492187e-01,'{"_":"Claimed","at":0.6926867961883545,"slot":"host-9920-71efc2cf/13","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,60,2,6.93117856979370117187e-01,'{"_":"Suggested","at":0.6931178569793701,"number":12,"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.6000000000000001,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":59,"note":""}');
INSERT INTO "rtl_events" VALUES(1,61,2,7.16711759567260742187e-01,'{"_":"Reported","at":0.7167117595672607,"number":12,"attempt":1,"progress":{"_":"Progress","reports":[[1,4.000922999342141]],"params":[{"_":"ParamValue","name":"lr","value":0.0009229993421406535,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 12}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00012/attempt-1/step-1","digest":"e036f3ac09becb616e899d4a05a9c24d5162db42e2975a89b2fe1cb975b9eb25","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,62,2,7.20737695693969726562e-01,'{"_":"AttemptEnded","at":0.7207376956939697,"number":12,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,63,2,7.24724054336547851562e-01,'{"_":"Claimed","at":0.7247240543365479,"slot":"host-9920-71efc2cf/14","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,64,2,7.25286722183227539062e-01,'{"_":"Suggested","at":0.7252867221832275,"number":13,"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":63,"note":""}');
INSERT INTO "rtl_events" VALUES(1,65,2,7.44754552841186523437e-01,'{"_":"Reported","at":0.7447545528411865,"number":13,"attempt":1,"progress":{"_":"Progress","reports":[[1,4.0181320830687985]],"params":[{"_":"ParamValue","name":"lr","value":0.01813208306879885,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 13}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00013/attempt-1/step-1","digest":"c031469ae6dcf1481c01969076500fb773b12e7f48500d49fb87930cf36d3c79","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,66,2,7.4873828887939453125e-01,'{"_":"AttemptEnded","at":0.7487382888793945,"number":13,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,67,2,7.52822399139404296875e-01,'{"_":"Claimed","at":0.7528223991394043,"slot":"host-9920-71efc2cf/15","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,68,2,7.53531932830810546875e-01,'{"_":"Suggested","at":0.7535319328308105,"number":14,"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":67,"note":""}');
INSERT INTO "rtl_events" VALUES(1,69,2,0.776749849319458,'{"_":"Reported","at":0.776749849319458,"number":14,"attempt":1,"progress":{"_":"Progress","reports":[[1,4.008264882797275]],"params":[{"_":"ParamValue","name":"lr","value":0.008264882797275276,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 14}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00014/attempt-1/step-1","digest":"f2f651dcb204f734436d2a18353f2afe0d98d844b9d41af780f5126be79ce091","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,70,2,7.80224323272705078125e-01,'{"_":"AttemptEnded","at":0.7802243232727051,"number":14,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,71,2,7.84845113754272460937e-01,'{"_":"Claimed","at":0.7848451137542725,"slot":"host-9920-71efc2cf/16","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,72,2,7.85288095474243164062e-01,'{"_":"Suggested","at":0.7852880954742432,"number":15,"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":71,"note":""}');
INSERT INTO "rtl_events" VALUES(1,73,2,8.08735370635986328125e-01,'{"_":"Reported","at":0.8087353706359863,"number":15,"attempt":1,"progress":{"_":"Progress","reports":[[1,1.0058589191300085]],"params":[{"_":"ParamValue","name":"lr","value":0.005858919130008432,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00015/attempt-1/step-1","digest":"382b011c931ce2e9f6459da1e2921a001952fd79e99e441119d0cc4d8b9e171f","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,74,2,8.28737020492553710937e-01,'{"_":"Reported","at":0.8287370204925537,"number":15,"attempt":1,"progress":{"_":"Progress","reports":[[2,0.5058589191300085]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00015/attempt-1/step-2","digest":"4e16837b8daeadaf3a35dc447b7cb9236185e5458424c2d0fea6a94752852402","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,75,2,8.52722406387329101562e-01,'{"_":"Reported","at":0.8527224063873291,"number":15,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.3391922524633417]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00015/attempt-1/step-3","digest":"573fdcaa58b207420ca83bb653e8a0387ef4a497d5dfe97280a8bd98b6913a26","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,76,2,8.67000818252563476562e-01,'{"_":"AttemptEnded","at":0.8670008182525635,"number":15,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,77,2,8.68731021881103515625e-01,'{"_":"Claimed","at":0.8687310218811035,"slot":"host-9920-71efc2cf/17","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,78,2,8.69295835494995117187e-01,'{"_":"Suggested","at":0.8692958354949951,"number":16,"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":77,"note":""}');
INSERT INTO "rtl_events" VALUES(1,79,2,8.96751165390014648437e-01,'{"_":"Reported","at":0.8967511653900146,"number":16,"attempt":1,"progress":{"_":"Progress","reports":[[1,2.0038263617517895]],"params":[{"_":"ParamValue","name":"lr","value":0.0038263617517896443,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.0,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 16}"]],"constraints":[["memory",0.5]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00016/attempt-1/step-1","digest":"0e280080a3046c416797ec358e220aa9027b1dcaf78f1f6d45d522375ca17785","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,80,2,9.16744947433471679687e-01,'{"_":"Reported","at":0.9167449474334717,"number":16,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.0038263617517897]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00016/attempt-1/step-2","digest":"0dc65cdae8a59a50828f8e70b231edd788a525be45b9ad488317399fc1f12f2d","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,81,2,9.36744928359985351562e-01,'{"_":"Reported","at":0.9367449283599854,"number":16,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.6704930284184563]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00016/attempt-1/step-3","digest":"223f9a9d1a99fc6e6240318133894198f91429233a43c64d6c8f3e1d72dd61c1","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,82,2,9.43468332290649414062e-01,'{"_":"AttemptEnded","at":0.9434683322906494,"number":16,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,83,2,9.48709011077880859375e-01,'{"_":"Claimed","at":0.9487090110778809,"slot":"host-9920-71efc2cf/18","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,84,2,9.68720197677612304687e-01,'{"_":"Reported","at":0.9687201976776123,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[4,0.2558589191300084]],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 15}"]],"checkpoint":{"_":"CheckpointRef","step":4,"attempt":2,"uri":"trial-00015/attempt-2/step-4","digest":"504dd211f4f96a7bc5c465bc4dae84b027713c590db92782deead1e26c0a4214","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,85,2,1.00072145462036132812e+00,'{"_":"Reported","at":1.0007214546203613,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[5,0.20585891913000845]],"checkpoint":{"_":"CheckpointRef","step":5,"attempt":2,"uri":"trial-00015/attempt-2/step-5","digest":"b9a5dbd45930e4627c83bcda08d443d3472492e777b1442b0e636c18ee3b8636","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,86,2,1.03091835975646972656e+00,'{"_":"Reported","at":1.0309183597564697,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[6,0.1725255857966751]],"checkpoint":{"_":"CheckpointRef","step":6,"attempt":2,"uri":"trial-00015/attempt-2/step-6","digest":"6e85ed8d86807090a6091163e5db6281931f4449f04ff1115dacbe129ee8822e","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,87,2,1.06085443496704101562e+00,'{"_":"Reported","at":1.060854434967041,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[7,0.1487160619871513]],"checkpoint":{"_":"CheckpointRef","step":7,"attempt":2,"uri":"trial-00015/attempt-2/step-7","digest":"cca11d923aeca72a56c95422aa0053d6832025df3829304bd7f8db05b8689d7d","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,88,2,1.08872961997985839843e+00,'{"_":"Reported","at":1.0887296199798584,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[8,0.13085891913000844]],"checkpoint":{"_":"CheckpointRef","step":8,"attempt":2,"uri":"trial-00015/attempt-2/step-8","digest":"891c654305b0c89b717fbc6a5200917dce1558228791c8556482fc790bfcaf11","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,89,2,1.12072706222534179687e+00,'{"_":"Reported","at":1.1207270622253418,"number":15,"attempt":2,"progress":{"_":"Progress","reports":[[9,0.11697003024111954]],"checkpoint":{"_":"CheckpointRef","step":9,"attempt":2,"uri":"trial-00015/attempt-2/step-9","digest":"64e66914f70fa5e04a510ed18c7db33df73ae5b1dcf380980f57caca6bcbafb0","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,90,2,1.13678598403930664062e+00,'{"_":"AttemptEnded","at":1.1367859840393066,"number":15,"attempt":2,"outcome":"complete","progress":{"_":"Progress"},"values":[0.005858919130008432],"failure":null}');
INSERT INTO "rtl_events" VALUES(1,91,2,1.15287089347839355468e+00,'{"_":"RunFinished","at":1.1528708934783936,"run":"host-9920-71efc2cf"}');
INSERT INTO "rtl_events" VALUES(1,92,3,1.42408204078674316406e+00,'{"_":"RunStarted","at":1.4240820407867432,"run":"host-9920-35009888","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(1,93,3,1.42888164520263671875e+00,'{"_":"TrialEnqueued","at":1.4288816452026367,"params":[["depth","2"]],"user_attrs":[],"key":"a1205a6c67254b6fb9ecf6e0c0e2b9e7"}');
INSERT INTO "rtl_events" VALUES(1,94,4,1.49503183364868164062e+00,'{"_":"RunStarted","at":1.4950318336486816,"run":"host-9920-8193ad38","n_trials":6,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 1, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(1,95,4,1.5027065277099609375e+00,'{"_":"Claimed","at":1.502706527709961,"slot":"host-9920-8193ad38/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,96,4,1.50324726104736328125e+00,'{"_":"Suggested","at":1.5032472610473633,"number":17,"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":95,"note":""}');
INSERT INTO "rtl_events" VALUES(1,97,4,1.53278851509094238281e+00,'{"_":"Reported","at":1.5327885150909424,"number":17,"attempt":1,"progress":{"_":"Progress","reports":[[1,2.0194612945529005]],"params":[{"_":"ParamValue","name":"lr","value":0.01946129455290053,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.8,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 17}"]],"constraints":[["memory",-1.0]],"checkpoint":{"_":"CheckpointRef","step":1,"attempt":1,"uri":"trial-00017/attempt-1/step-1","digest":"d5771c9a2ecb17cc30c0a83db3ec8dedf2900e07aecce08c8aaff4398eff60ee","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,98,4,1.55283355712890625e+00,'{"_":"Reported","at":1.5528335571289062,"number":17,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.0194612945529005]],"checkpoint":{"_":"CheckpointRef","step":2,"attempt":1,"uri":"trial-00017/attempt-1/step-2","digest":"92c14ebc4112389d1324a40e24751205344473a9c054bf908cf00fd78678cdbf","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,99,4,1.57271552085876464843e+00,'{"_":"Reported","at":1.5727155208587646,"number":17,"attempt":1,"progress":{"_":"Progress","reports":[[3,0.6861279612195672]],"checkpoint":{"_":"CheckpointRef","step":3,"attempt":1,"uri":"trial-00017/attempt-1/step-3","digest":"05473be25f23ccc8f972aad9e5ea0de878c020e7cd04cefa497f5cd5daf7e221","size":11}}}');
INSERT INTO "rtl_events" VALUES(1,100,4,1.58873677253723144531e+00,'{"_":"AttemptEnded","at":1.5887367725372314,"number":17,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,101,4,1.59267902374267578125e+00,'{"_":"Claimed","at":1.5926790237426758,"slot":"host-9920-8193ad38/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,102,4,1.59320616722106933593e+00,'{"_":"Suggested","at":1.5932061672210693,"number":18,"params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":101,"note":""}');
INSERT INTO "rtl_events" VALUES(1,103,4,1.59391450881958,'{"_":"AttemptEnded","at":1.59391450881958,"number":18,"attempt":1,"outcome":"interrupted","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"lr","value":0.0027954979370893736,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.5,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"user_attrs":[["note","{\"\\u00e9 \\ud83d\\ude80\": 18}"]],"constraints":[["memory",0.5]]},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(1,104,5,1.64304757118225097656e+00,'{"_":"RunStarted","at":1.643047571182251,"run":"host-9920-2094129d","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"promote\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 1}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(1,105,5,1.6444835662841796875e+00,'{"_":"Claimed","at":1.6444835662841797,"slot":"host-9920-2094129d/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,106,5,1.64496254920959472656e+00,'{"_":"Claimed","at":1.6449625492095947,"slot":"host-9920-2094129d/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(1,107,5,1.64549422264099121093e+00,'{"_":"Suggested","at":1.6454942226409912,"number":19,"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}},{"_":"ParamValue","name":"depth","value":4.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":4}}},{"_":"ParamValue","name":"kind","value":2.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a",null,2.5]}}},{"_":"ParamValue","name":"momentum","value":0.4,"distribution":{"name":"FloatDistribution","attributes":{"step":0.1,"low":0.0,"high":0.9,"log":false}}}],"seen":106,"note":""}');
INSERT INTO "rtl_events" VALUES(1,108,5,1.64585804939270019531e+00,'{"_":"AttemptLost","at":1.6458580493927002,"number":18,"attempt":2,"kind":"worker_crash","message":"gone","exit_code":-11,"last_words":"Fatal Python error: Segmentation fault\n  File \"train.py\", line 9\n"}');
INSERT INTO "rtl_events" VALUES(1,109,5,1.64699482917785644531e+00,'{"_":"Reported","at":1.6469948291778564,"number":19,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.125]],"params":[{"_":"ParamValue","name":"lr","value":0.0012548588456892085,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0001,"high":1.0,"log":true}}}]}}');
INSERT INTO "rtl_events" VALUES(1,110,5,1.64785242080688476562e+00,'{"_":"TrialEnqueued","at":1.6478524208068848,"params":[["lr","0.75"],["depth","3"]],"user_attrs":[],"key":"e8605ebf6d2841e89ac09a9594781429"}');
INSERT INTO "rtl_events" VALUES(2,1,1,3.026580810546875e-02,'{"_":"RunStarted","at":0.03026580810546875,"run":"host-9920-25007074","n_trials":8,"max_trials":null,"pruner":"{\"name\": \"ASHAPruner\", \"min_resource\": 1, \"max_resource\": 9, \"reduction_factor\": 3, \"mode\": \"stop\", \"min_early_stopping_rate\": 0}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(2,2,1,3.13985347747802734375e-02,'{"_":"Claimed","at":0.03139853477478027,"slot":"host-9920-25007074/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,3,1,3.15430164337158203125e-02,'{"_":"Suggested","at":0.03154301643371582,"number":0,"params":[],"seen":2,"note":""}');
INSERT INTO "rtl_events" VALUES(2,4,1,3.2413005828857421875e-02,'{"_":"ParamSet","at":0.03241300582885742,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.5829406018615241,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(2,5,1,3.27131748199462890625e-02,'{"_":"Reported","at":0.03271317481994629,"number":0,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.5829406018615241]]}}');
INSERT INTO "rtl_events" VALUES(2,6,1,3.3466339111328125e-02,'{"_":"Reported","at":0.033466339111328125,"number":0,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.1658812037230482],[3,1.7488218055845723]]}}');
INSERT INTO "rtl_events" VALUES(2,7,1,3.40073108673095703125e-02,'{"_":"AttemptEnded","at":0.03400731086730957,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[4,2.3317624074460963],[5,2.9147030093076203],[6,3.4976436111691447],[7,4.080584213030669],[8,4.663524814892193],[9,5.246465416753717]]},"values":[0.5829406018615241],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,8,1,3.49042415618896484375e-02,'{"_":"Claimed","at":0.03490424156188965,"slot":"host-9920-25007074/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,9,1,3.51276397705078125e-02,'{"_":"Suggested","at":0.03512763977050781,"number":1,"params":[{"_":"ParamValue","name":"x","value":0.28944593395683227,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":8,"note":""}');
INSERT INTO "rtl_events" VALUES(2,10,1,0.0355076789855957,'{"_":"Reported","at":0.0355076789855957,"number":1,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.28944593395683227]],"params":[{"_":"ParamValue","name":"x","value":0.28944593395683227,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,11,1,0.0362246036529541,'{"_":"AttemptEnded","at":0.0362246036529541,"number":1,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,12,1,3.68421077728271484375e-02,'{"_":"Claimed","at":0.03684210777282715,"slot":"host-9920-25007074/2","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,13,1,3.700351715087890625e-02,'{"_":"Suggested","at":0.037003517150878906,"number":2,"params":[{"_":"ParamValue","name":"x","value":0.43350950579294734,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":12,"note":""}');
INSERT INTO "rtl_events" VALUES(2,14,1,0.0372922420501709,'{"_":"Reported","at":0.0372922420501709,"number":2,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.43350950579294734]],"params":[{"_":"ParamValue","name":"x","value":0.43350950579294734,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,15,1,3.7892818450927734375e-02,'{"_":"AttemptEnded","at":0.037892818450927734,"number":2,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,16,1,3.86707782745361328125e-02,'{"_":"Claimed","at":0.03867077827453613,"slot":"host-9920-25007074/3","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,17,1,3.88214588165283203125e-02,'{"_":"Suggested","at":0.03882145881652832,"number":3,"params":[{"_":"ParamValue","name":"x","value":0.82854920820867,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":16,"note":""}');
INSERT INTO "rtl_events" VALUES(2,18,1,0.0391082763671875,'{"_":"Reported","at":0.0391082763671875,"number":3,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.82854920820867]],"params":[{"_":"ParamValue","name":"x","value":0.82854920820867,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,19,1,3.98046970367431640625e-02,'{"_":"Reported","at":0.039804697036743164,"number":3,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.65709841641734],[3,2.4856476246260097]]}}');
INSERT INTO "rtl_events" VALUES(2,20,1,4.0324687957763671875e-02,'{"_":"AttemptEnded","at":0.04032468795776367,"number":3,"attempt":1,"outcome":"complete","progress":{"_":"Progress","reports":[[4,3.31419683283468],[5,4.14274604104335],[6,4.9712952492520195],[7,5.79984445746069],[8,6.62839366566936],[9,7.456942873878029]]},"values":[0.82854920820867],"failure":null}');
INSERT INTO "rtl_events" VALUES(2,21,1,4.09104824066162109375e-02,'{"_":"Claimed","at":0.04091048240661621,"slot":"host-9920-25007074/4","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,22,1,4.11159992218017578125e-02,'{"_":"Suggested","at":0.04111599922180176,"number":4,"params":[{"_":"ParamValue","name":"x","value":0.34466871961459433,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":21,"note":""}');
INSERT INTO "rtl_events" VALUES(2,23,1,4.1395664215087890625e-02,'{"_":"Reported","at":0.04139566421508789,"number":4,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.34466871961459433]],"params":[{"_":"ParamValue","name":"x","value":0.34466871961459433,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,24,1,4.208850860595703125e-02,'{"_":"AttemptEnded","at":0.04208850860595703,"number":4,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,25,1,0.0426633358001709,'{"_":"Claimed","at":0.0426633358001709,"slot":"host-9920-25007074/5","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,26,1,4.28431034088134765625e-02,'{"_":"Suggested","at":0.04284310340881348,"number":5,"params":[{"_":"ParamValue","name":"x","value":0.15807101742636742,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":25,"note":""}');
INSERT INTO "rtl_events" VALUES(2,27,1,4.3131351470947265625e-02,'{"_":"Reported","at":0.043131351470947266,"number":5,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.15807101742636742]],"params":[{"_":"ParamValue","name":"x","value":0.15807101742636742,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,28,1,4.37395572662353515625e-02,'{"_":"AttemptEnded","at":0.04373955726623535,"number":5,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,29,1,4.43336963653564453125e-02,'{"_":"Claimed","at":0.044333696365356445,"slot":"host-9920-25007074/6","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,30,1,4.449367523193359375e-02,'{"_":"Suggested","at":0.044493675231933594,"number":6,"params":[{"_":"ParamValue","name":"x","value":0.2509801085807767,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":29,"note":""}');
INSERT INTO "rtl_events" VALUES(2,31,1,4.477214813232421875e-02,'{"_":"Reported","at":0.04477214813232422,"number":6,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.2509801085807767]],"params":[{"_":"ParamValue","name":"x","value":0.2509801085807767,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,32,1,4.549884796142578125e-02,'{"_":"AttemptEnded","at":0.04549884796142578,"number":6,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(2,33,1,4.60855960845947265625e-02,'{"_":"Claimed","at":0.04608559608459473,"slot":"host-9920-25007074/7","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(2,34,1,4.6235561370849609375e-02,'{"_":"Suggested","at":0.04623556137084961,"number":7,"params":[{"_":"ParamValue","name":"x","value":0.7111017090209087,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":33,"note":""}');
INSERT INTO "rtl_events" VALUES(2,35,1,4.65233325958251953125e-02,'{"_":"Reported","at":0.046523332595825195,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[1,0.7111017090209087]],"params":[{"_":"ParamValue","name":"x","value":0.7111017090209087,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]}}');
INSERT INTO "rtl_events" VALUES(2,36,1,4.7228336334228515625e-02,'{"_":"Reported","at":0.047228336334228516,"number":7,"attempt":1,"progress":{"_":"Progress","reports":[[2,1.4222034180418175],[3,2.133305127062726]]}}');
INSERT INTO "rtl_events" VALUES(2,37,1,4.76856231689453125e-02,'{"_":"AttemptEnded","at":0.04768562316894531,"number":7,"attempt":1,"outcome":"pruned","progress":{"_":"Progress"},"values":null,"failure":null}');
INSERT INTO "rtl_events" VALUES(3,1,1,2.90019512176513671875e-02,'{"_":"RunStarted","at":0.029001951217651367,"run":"host-9920-3958b332","n_trials":4,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(3,2,1,3.37741374969482421875e-02,'{"_":"Claimed","at":0.03377413749694824,"slot":"host-9920-3958b332/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,3,1,3.459072113037109375e-02,'{"_":"AttemptEnded","at":0.034590721130371094,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":1.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[-1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,4,1,3.54678630828857421875e-02,'{"_":"Claimed","at":0.03546786308288574,"slot":"host-9920-3958b332/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,5,1,3.61995697021484375e-02,'{"_":"AttemptEnded","at":0.03619956970214844,"number":1,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,6,1,3.70616912841796875e-02,'{"_":"Claimed","at":0.03706169128417969,"slot":"host-9920-3958b332/2","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,7,1,3.7744998931884765625e-02,'{"_":"AttemptEnded","at":0.037744998931884766,"number":2,"attempt":1,"outcome":"fail","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":null,"failure":{"_":"Failure","error":"ValueError: odd","traceback":"Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(3,8,1,3.8472652435302734375e-02,'{"_":"Claimed","at":0.038472652435302734,"slot":"host-9920-3958b332/3","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,9,1,3.90560626983642578125e-02,'{"_":"AttemptEnded","at":0.03905606269836426,"number":3,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":2.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"y","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":[1,-1]}}}]},"values":[2.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(3,10,2,5.954837799072265625e-02,'{"_":"RunStarted","at":0.059548377990722656,"run":"host-9920-8af3a421","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"GridSampler\", \"search_space\": {\"x\": [1, 2, 3], \"y\": [1, -1]}, \"seed\": 0, \"max_failures\": 2}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(3,11,2,0.06182861328125,'{"_":"Claimed","at":0.06182861328125,"slot":"host-9920-8af3a421/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,12,2,6.2325000762939453125e-02,'{"_":"Claimed","at":0.06232500076293945,"slot":"host-9920-8af3a421/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(3,13,2,6.2670230865478515625e-02,'{"_":"AttemptEnded","at":0.06267023086547852,"number":5,"attempt":1,"outcome":"fail","progress":{"_":"Progress"},"values":null,"failure":{"_":"Failure","error":"told FAIL by the user","traceback":"","kind":"exception","exit_code":null}}');
INSERT INTO "rtl_events" VALUES(4,1,1,3.23617458343505859375e-02,'{"_":"RunStarted","at":0.032361745834350586,"run":"host-9920-ba2bec15","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"BruteForceSampler\", \"max_failures\": 4, \"seed\": 3}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(4,2,1,3.41231822967529296875e-02,'{"_":"Claimed","at":0.03412318229675293,"slot":"host-9920-ba2bec15/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(4,3,1,3.49986553192138671875e-02,'{"_":"ParamSet","at":0.03499865531921387,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},"seen":2}');
INSERT INTO "rtl_events" VALUES(4,4,1,3.53596210479736328125e-02,'{"_":"ParamSet","at":0.03535962104797363,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"deep","value":1.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(4,5,1,3.5517215728759765625e-02,'{"_":"AttemptEnded","at":0.035517215728759766,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress"},"values":[0.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(4,6,1,3.69756221771240234375e-02,'{"_":"Claimed","at":0.03697562217712402,"slot":"host-9920-ba2bec15/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(4,7,1,3.75111103057861328125e-02,'{"_":"AttemptEnded","at":0.03751111030578613,"number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"n","value":3.0,"distribution":{"name":"IntDistribution","attributes":{"log":false,"step":1,"low":1,"high":3}}},{"_":"ParamValue","name":"deep","value":0.0,"distribution":{"name":"CategoricalDistribution","attributes":{"choices":["a","b"]}}}]},"values":[1.0],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,1,1,3.5514354705810546875e-02,'{"_":"RunStarted","at":0.03551435470581055,"run":"host-9920-e46a4d0c","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(5,2,1,3.73713970184326171875e-02,'{"_":"Claimed","at":0.03737139701843262,"slot":"host-9920-e46a4d0c/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(5,3,1,3.7511348724365234375e-02,'{"_":"Suggested","at":0.037511348724365234,"number":0,"params":[],"seen":2,"note":""}');
INSERT INTO "rtl_events" VALUES(5,4,1,3.83493900299072265625e-02,'{"_":"ParamSet","at":0.03834939002990723,"number":0,"attempt":1,"param":{"_":"ParamValue","name":"x","value":0.34507294574332126,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}},"seen":3}');
INSERT INTO "rtl_events" VALUES(5,5,1,3.85563373565673828125e-02,'{"_":"AttemptEnded","at":0.03855633735656738,"number":0,"attempt":1,"outcome":"complete","progress":{"_":"Progress"},"values":[0.34507294574332126,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,6,1,4.0055751800537109375e-02,'{"_":"Claimed","at":0.04005575180053711,"slot":"host-9920-e46a4d0c/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(5,7,1,0.0402524471282959,'{"_":"Suggested","at":0.0402524471282959,"number":1,"params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(5,8,1,4.07903194427490234375e-02,'{"_":"AttemptEnded","at":0.04079031944274902,"number":1,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.23422076668391079,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.23422076668391079,Infinity],"failure":null}');
INSERT INTO "rtl_events" VALUES(5,9,2,5.959606170654296875e-02,'{"_":"RunStarted","at":0.05959606170654297,"run":"host-9920-02f18d27","n_trials":null,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 4}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(5,10,2,6.0448169708251953125e-02,'{"_":"Claimed","at":0.06044816970825195,"slot":"host-9920-02f18d27/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(5,11,2,6.070613861083984375e-02,'{"_":"Suggested","at":0.060706138610839844,"number":2,"params":[{"_":"ParamValue","name":"x","value":0.19488459425754467,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":10,"note":""}');
INSERT INTO "rtl_events" VALUES(6,1,1,2.5928020477294921875e-02,'{"_":"TrialAdded","at":0.025928020477294922,"number":0,"state":1,"values":[0.22199317108973948],"params":[{"_":"ParamValue","name":"x","value":0.22199317108973948,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,0.5]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":""}');
INSERT INTO "rtl_events" VALUES(6,2,1,4.34172153472900390625e-02,'{"_":"TrialAdded","at":0.04341721534729004,"number":1,"state":2,"values":[0.5],"params":[],"reports":[[1,0.5]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":""}');
INSERT INTO "rtl_events" VALUES(6,3,1,0.0643770694732666,'{"_":"TrialAdded","at":0.0643770694732666,"number":2,"state":1,"values":[0.8707323061773764],"params":[{"_":"ParamValue","name":"x","value":0.8707323061773764,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[[1,0.5]],"user_attrs":[["who","\"optuna\""]],"system_attrs":[],"imported":true,"key":""}');
INSERT INTO "rtl_events" VALUES(6,4,1,6.93371295928955078125e-02,'{"_":"TrialAdded","at":0.06933712959289551,"number":3,"state":0,"values":null,"params":[{"_":"ParamValue","name":"x","value":0.20671915533942642,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"reports":[],"user_attrs":[],"system_attrs":[],"imported":true,"key":""}');
INSERT INTO "rtl_events" VALUES(6,5,1,1.092681884765625e-01,'{"_":"RunStarted","at":0.1092681884765625,"run":"host-9920-5a7f052a","n_trials":2,"max_trials":null,"pruner":"{\"name\": \"NopPruner\"}","sampler":"{\"name\": \"RandomSampler\", \"seed\": 6}","retries":"{\"exception\": 0, \"non_finite\": 0, \"timeout\": 0, \"gpu_out_of_memory\": 1, \"worker_crash\": 2, \"out_of_memory\": 2, \"lease_expired\": 2, \"node_lost\": null, \"abort_after\": 10}","checkpoints_kept":2}');
INSERT INTO "rtl_events" VALUES(6,6,1,1.108684539794921875e-01,'{"_":"Claimed","at":0.11086845397949219,"slot":"host-9920-5a7f052a/0","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(6,7,1,1.11400127410888671875e-01,'{"_":"Suggested","at":0.11140012741088867,"number":4,"params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":6,"note":""}');
INSERT INTO "rtl_events" VALUES(6,8,1,1.1197376251220703125e-01,'{"_":"AttemptEnded","at":0.11197376251220703,"number":4,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.11937485040618034,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.11937485040618034],"failure":null}');
INSERT INTO "rtl_events" VALUES(6,9,1,1.13240957260131835937e-01,'{"_":"Claimed","at":0.11324095726013184,"slot":"host-9920-5a7f052a/1","node":"in-process","pid":0}');
INSERT INTO "rtl_events" VALUES(6,10,1,1.13437652587890625e-01,'{"_":"Suggested","at":0.11343765258789062,"number":5,"params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}],"seen":9,"note":""}');
INSERT INTO "rtl_events" VALUES(6,11,1,1.13890886306762695312e-01,'{"_":"AttemptEnded","at":0.1138908863067627,"number":5,"attempt":1,"outcome":"complete","progress":{"_":"Progress","params":[{"_":"ParamValue","name":"x","value":0.9418218126912682,"distribution":{"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}}}]},"values":[0.9418218126912682],"failure":null}');
CREATE TABLE rtl_grid_cells (
	study_id INTEGER NOT NULL, 
	cell BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	number BIGINT NOT NULL, 
	failures BIGINT NOT NULL, 
	PRIMARY KEY (study_id, cell), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_grid_cells" VALUES(3,1,'done',0,0);
INSERT INTO "rtl_grid_cells" VALUES(3,5,'dead',2,2);
INSERT INTO "rtl_grid_cells" VALUES(3,2,'done',3,0);
INSERT INTO "rtl_grid_cells" VALUES(3,3,'leased',4,0);
INSERT INTO "rtl_grid_cells" VALUES(3,0,'free',5,1);
CREATE TABLE rtl_rungs (
	trial_id INTEGER NOT NULL, 
	level BIGINT NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(8) NOT NULL, 
	how VARCHAR(16) NOT NULL, 
	promoted BOOLEAN NOT NULL, 
	PRIMARY KEY (trial_id, level), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_rungs" VALUES(2,1,0.5,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(2,3,0.25,'FINITE','final',0);
INSERT INTO "rtl_rungs" VALUES(1,1,3.5,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(4,1,NULL,'INF_POS','failed',0);
INSERT INTO "rtl_rungs" VALUES(5,1,NULL,'INF_POS','failed',0);
INSERT INTO "rtl_rungs" VALUES(6,1,3.010330193076303118e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(7,1,NULL,'INF_POS','exact',0);
INSERT INTO "rtl_rungs" VALUES(6,3,1.01033019307630334004e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(8,1,NULL,'NAN','exact',0);
INSERT INTO "rtl_rungs" VALUES(9,1,NULL,'INF_POS','failed',0);
INSERT INTO "rtl_rungs" VALUES(10,1,3.00284022770675651514e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(10,3,1.00284022770675651514e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(11,1,3.11915494171761631392e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(12,1,2.20143707293868118313e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(12,3,8.68103739605347812791e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(13,1,4.00092299934214068457e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(14,1,4.01813208306879854347e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(15,1,4.00826488279727488617e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(16,1,1.00585891913000846642e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(16,3,3.39192252463341725743e-01,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(17,1,2.00382636175178951987e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(17,3,6.70493028418456260553e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(18,1,2.0194612945529004655e+00,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(18,3,6.86127961219567206185e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(20,1,0.125,'FINITE','exact',1);
INSERT INTO "rtl_rungs" VALUES(22,1,-5.82940601861524076987e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(22,3,-1.74882180558457234198e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(23,1,-2.89445933956832268663e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(24,1,-4.33509505792947336111e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(25,1,-0.82854920820867,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(25,3,-2.48564762462600974401e+00,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(26,1,-3.44668719614594332156e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(27,1,-1.58071017426367421698e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(28,1,-2.50980108580776684057e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(29,1,-7.11101709020908745451e-01,'FINITE','exact',0);
INSERT INTO "rtl_rungs" VALUES(29,3,-2.13330512706272612533e+00,'FINITE','exact',0);
CREATE TABLE rtl_slots (
	study_id INTEGER NOT NULL, 
	slot_sha256 VARCHAR(64) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	attempt BIGINT NOT NULL, 
	PRIMARY KEY (study_id, slot_sha256), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE, 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES rtl_trials (trial_id) ON DELETE CASCADE
);
INSERT INTO "rtl_slots" VALUES(1,'165be386c6399d03ac11dfcfd6d79d2696c8d0c5e44346fd59a84cb18b5b1b09',20,1);
INSERT INTO "rtl_slots" VALUES(3,'b9dbae1e470d74ac2030cc13c301dad573ac4c8abca42dcf6959c6517aebe114',34,1);
INSERT INTO "rtl_slots" VALUES(5,'c811f8aa9e0e38bc5adef06c06879f1da71100c3318fa2b76715134df1e7ec25',40,1);
CREATE TABLE rtl_studies (
	study_id INTEGER NOT NULL, 
	created FLOAT NOT NULL, 
	specs TEXT NOT NULL, 
	PRIMARY KEY (study_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_studies" VALUES(1,1.79594837237701702116e+09,'{}');
INSERT INTO "rtl_studies" VALUES(2,1.79594837404701423641e+09,'{}');
INSERT INTO "rtl_studies" VALUES(3,1.79594837410800743106e+09,'{}');
INSERT INTO "rtl_studies" VALUES(4,1.79594837419499158857e+09,'{}');
INSERT INTO "rtl_studies" VALUES(5,1.79594837424898433686e+09,'{}');
INSERT INTO "rtl_studies" VALUES(6,1.79594837455778288839e+09,'{}');
CREATE TABLE rtl_trials (
	trial_id INTEGER NOT NULL, 
	study_id INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempt BIGINT NOT NULL, 
	cell BIGINT, 
	held_cell BIGINT GENERATED ALWAYS AS (CASE WHEN state <> 'FAIL' THEN cell END), 
	PRIMARY KEY (trial_id), 
	UNIQUE (study_id, number), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id) ON DELETE CASCADE, 
	FOREIGN KEY(study_id) REFERENCES studies (study_id) ON DELETE CASCADE
);
INSERT INTO "rtl_trials" VALUES(1,1,0,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(2,1,1,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(3,1,2,'FAIL',0,NULL);
INSERT INTO "rtl_trials" VALUES(4,1,3,'FAIL',1,NULL);
INSERT INTO "rtl_trials" VALUES(5,1,4,'FAIL',2,NULL);
INSERT INTO "rtl_trials" VALUES(6,1,5,'PRUNED',3,NULL);
INSERT INTO "rtl_trials" VALUES(7,1,6,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(8,1,7,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(9,1,8,'FAIL',1,NULL);
INSERT INTO "rtl_trials" VALUES(10,1,9,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(11,1,10,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(12,1,11,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(13,1,12,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(14,1,13,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(15,1,14,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(16,1,15,'COMPLETE',2,NULL);
INSERT INTO "rtl_trials" VALUES(17,1,16,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(18,1,17,'PAUSED',1,NULL);
INSERT INTO "rtl_trials" VALUES(19,1,18,'WAITING',2,NULL);
INSERT INTO "rtl_trials" VALUES(20,1,19,'RUNNING',1,NULL);
INSERT INTO "rtl_trials" VALUES(21,1,20,'WAITING',0,NULL);
INSERT INTO "rtl_trials" VALUES(22,2,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(23,2,1,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(24,2,2,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(25,2,3,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(26,2,4,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(27,2,5,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(28,2,6,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(29,2,7,'PRUNED',1,NULL);
INSERT INTO "rtl_trials" VALUES(30,3,0,'COMPLETE',1,1);
INSERT INTO "rtl_trials" VALUES(31,3,1,'FAIL',1,5);
INSERT INTO "rtl_trials" VALUES(32,3,2,'FAIL',1,5);
INSERT INTO "rtl_trials" VALUES(33,3,3,'COMPLETE',1,2);
INSERT INTO "rtl_trials" VALUES(34,3,4,'RUNNING',1,3);
INSERT INTO "rtl_trials" VALUES(35,3,5,'FAIL',1,0);
INSERT INTO "rtl_trials" VALUES(36,4,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(37,4,1,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(38,5,0,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(39,5,1,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(40,5,2,'RUNNING',1,NULL);
INSERT INTO "rtl_trials" VALUES(41,6,0,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(42,6,1,'PRUNED',0,NULL);
INSERT INTO "rtl_trials" VALUES(43,6,2,'COMPLETE',0,NULL);
INSERT INTO "rtl_trials" VALUES(45,6,4,'COMPLETE',1,NULL);
INSERT INTO "rtl_trials" VALUES(46,6,5,'COMPLETE',1,NULL);
CREATE TABLE rtl_version (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CHECK (id=1)
);
INSERT INTO "rtl_version" VALUES(1,2);
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'train');
INSERT INTO "studies" VALUES(2,'stop');
INSERT INTO "studies" VALUES(3,'grid');
INSERT INTO "studies" VALUES(4,'tree');
INSERT INTO "studies" VALUES(5,'two objectives');
INSERT INTO "studies" VALUES(6,'optuna');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MAXIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MINIMIZE',3,0);
INSERT INTO "study_directions" VALUES(4,'MINIMIZE',4,0);
INSERT INTO "study_directions" VALUES(5,'MINIMIZE',5,0);
INSERT INTO "study_directions" VALUES(6,'MAXIMIZE',5,1);
INSERT INTO "study_directions" VALUES(7,'MINIMIZE',6,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'who','["me", 1, null]');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,2,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,3.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,6,1,3.010330193076303118e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,7,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(5,6,2,1.51033019307630334004e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,6,3,1.01033019307630334004e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,8,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(8,10,1,3.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,10,2,1.50284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,10,3,1.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,11,1,3.11915494171761631392e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,12,1,2.20143707293868118313e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,12,2,1.20143707293868118313e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,12,3,8.68103739605347812791e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,13,1,4.00092299934214068457e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,14,1,4.01813208306879854347e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,15,1,4.00826488279727488617e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,16,1,1.00585891913000846642e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,16,2,5.05858919130008466424e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,16,3,3.39192252463341725743e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,17,1,2.00382636175178951987e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,17,2,1.00382636175178974191e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(23,17,3,6.70493028418456260553e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,16,4,2.55858919130008410913e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(25,16,5,2.05858919130008449771e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(26,16,6,1.72525585796675096084e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,16,7,1.48716061987151287882e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(28,16,8,1.30858919130008438669e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(29,16,9,1.16970030241119543612e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(30,18,1,2.0194612945529004655e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(31,18,2,1.0194612945529004655e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(32,18,3,6.86127961219567206185e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(33,20,1,0.125,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(34,22,1,5.82940601861524076987e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(35,22,2,1.16588120372304815397e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(36,22,3,1.74882180558457234198e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(37,22,4,2.33176240744609630795e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(38,22,5,2.91470300930762027391e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(39,22,6,3.49764361116914468396e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(40,22,7,4.08058421303066864993e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(41,22,8,4.6635248148921926159e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(42,22,9,5.24646541675371658186e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(43,23,1,2.89445933956832268663e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(44,24,1,4.33509505792947336111e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(45,25,1,0.82854920820867,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(46,25,2,1.65709841641734,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(47,25,3,2.48564762462600974401e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(48,25,4,3.31419683283468,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(49,25,5,4.14274604104335,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(50,25,6,4.97129524925201948803e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(51,25,7,5.79984445746069,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(52,25,8,6.62839366566936,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(53,25,9,7.45694287387802923205e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(54,26,1,3.44668719614594332156e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(55,27,1,1.58071017426367421698e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(56,28,1,2.50980108580776684057e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(57,29,1,7.11101709020908745451e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(58,29,2,1.4222034180418174909e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(59,29,3,2.13330512706272612533e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(60,41,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(61,42,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(62,43,1,0.5,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(63,47,1,0.5,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,2,'lr',0.25,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(3,1,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(4,1,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(5,1,'momentum',0.2,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(6,4,'lr',7.66405574999460409424e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(7,4,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(8,4,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(9,5,'lr',5.52738292761597075318e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(10,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(11,5,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(12,6,'lr',1.0330193076303255048e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(13,6,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(14,6,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(15,6,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(16,7,'lr',3.01989853259835693694e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(17,7,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(18,7,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(19,8,'lr',0.00025937125471121,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(20,8,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(21,8,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(22,9,'lr',8.00710966802551174503e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,9,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(24,9,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(25,10,'lr',2.84022770675648695767e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(26,10,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(27,10,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(28,10,'momentum',3.00000000000000044408e-01,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(29,11,'lr',1.19154941717616424945e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(30,11,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(31,11,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(32,11,'momentum',0.9,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(33,12,'lr',2.01437072938681210887e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(34,12,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(35,12,'kind',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(36,13,'lr',9.22999342140653458894e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(37,13,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(38,13,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(39,14,'lr',1.81320830687988487905e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(40,14,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(41,14,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(42,15,'lr',8.26488279727527648532e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(43,15,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(44,15,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(45,15,'momentum',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(46,16,'lr',5.85891913000843173042e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(47,16,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(48,16,'kind',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(49,17,'lr',3.82636175178964433804e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(50,17,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(51,17,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(52,17,'momentum',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(53,18,'lr',1.94612945529005314238e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(54,18,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(55,18,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(56,18,'momentum',0.8,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(57,19,'lr',2.7954979370893736322e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(58,19,'depth',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(59,19,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, 2.5]}}');
INSERT INTO "trial_params" VALUES(60,19,'momentum',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(61,20,'lr',1.25485884568920852064e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(62,22,'x',5.82940601861524076987e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(63,23,'x',2.89445933956832268663e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(64,24,'x',4.33509505792947336111e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(65,25,'x',0.82854920820867,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(66,26,'x',3.44668719614594332156e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(67,27,'x',1.58071017426367421698e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(68,28,'x',2.50980108580776684057e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(69,29,'x',7.11101709020908745451e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(70,30,'x',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(71,30,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(72,31,'x',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(73,31,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(74,32,'x',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(75,32,'y',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(76,33,'x',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(77,33,'y',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [1, -1]}}');
INSERT INTO "trial_params" VALUES(78,36,'n',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(79,36,'deep',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}}');
INSERT INTO "trial_params" VALUES(80,37,'n',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(81,37,'deep',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}}');
INSERT INTO "trial_params" VALUES(82,38,'x',3.45072945743321257694e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(83,39,'x',2.34220766683910786021e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(84,41,'x',2.21993171089739482759e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(85,43,'x',8.707323061773764028e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(86,44,'x',2.06719155339426419182e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(87,45,'x',1.19374850406180343931e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(88,46,'x',9.41821812691268189787e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(89,47,'x',9.18610907937921550292e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"lr": 0.5}');
INSERT INTO "trial_system_attributes" VALUES(2,1,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(3,4,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(4,4,'rtl:failure','{"error": "TrialInvalid: no such network", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 40, in train\n    raise rtl.TrialInvalid(\"no such network\")\nraytune_lite.exceptions.TrialInvalid: no such network\n"}');
INSERT INTO "trial_system_attributes" VALUES(5,5,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(6,5,'rtl:failure','{"error": "ValueError: diverged \u00fc \ud83d\ude80", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 42, in train\n    raise ValueError(\"diverged \u00fc \ud83d\ude80\")\nValueError: diverged \u00fc \ud83d\ude80\n"}');
INSERT INTO "trial_system_attributes" VALUES(7,6,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(8,7,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(9,8,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(10,9,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(11,9,'rtl:failure','{"error": "NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.", "traceback": "Traceback (most recent call last):\n  File \"runtime/worker.py\", line 482, in check_values\n    raise NonFiniteResult(f\"the objective returned {result!r}: NaN is not a result, so the trial is FAIL.\")\nraytune_lite.runtime.failures.NonFiniteResult: the objective returned nan: NaN is not a result, so the trial is FAIL.\n"}');
INSERT INTO "trial_system_attributes" VALUES(12,10,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(13,11,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(14,12,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(15,13,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(16,14,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(17,15,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(18,16,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(19,17,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(20,18,'fixed_params','{"depth": 2}');
INSERT INTO "trial_system_attributes" VALUES(21,18,'constraints:memory','-1.0');
INSERT INTO "trial_system_attributes" VALUES(22,19,'constraints:memory','0.5');
INSERT INTO "trial_system_attributes" VALUES(23,21,'fixed_params','{"lr": 0.75, "depth": 3}');
INSERT INTO "trial_system_attributes" VALUES(24,31,'rtl:failure','{"error": "ValueError: odd", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}');
INSERT INTO "trial_system_attributes" VALUES(25,32,'rtl:failure','{"error": "ValueError: odd", "traceback": "Traceback (most recent call last):\n  File \"make_database.py\", line 111, in cell\n    raise ValueError(\"odd\")\nValueError: odd\n"}');
INSERT INTO "trial_system_attributes" VALUES(26,35,'rtl:failure','{"error": "told FAIL by the user", "traceback": ""}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'why','"a guess"');
INSERT INTO "trial_user_attributes" VALUES(2,1,'note','{"\u00e9 \ud83d\ude80": 0}');
INSERT INTO "trial_user_attributes" VALUES(3,4,'note','{"\u00e9 \ud83d\ude80": 3}');
INSERT INTO "trial_user_attributes" VALUES(4,5,'note','{"\u00e9 \ud83d\ude80": 4}');
INSERT INTO "trial_user_attributes" VALUES(5,6,'note','{"\u00e9 \ud83d\ude80": 5}');
INSERT INTO "trial_user_attributes" VALUES(6,7,'note','{"\u00e9 \ud83d\ude80": 6}');
INSERT INTO "trial_user_attributes" VALUES(7,8,'note','{"\u00e9 \ud83d\ude80": 7}');
INSERT INTO "trial_user_attributes" VALUES(8,9,'note','{"\u00e9 \ud83d\ude80": 8}');
INSERT INTO "trial_user_attributes" VALUES(9,10,'note','{"\u00e9 \ud83d\ude80": 9}');
INSERT INTO "trial_user_attributes" VALUES(10,11,'note','{"\u00e9 \ud83d\ude80": 10}');
INSERT INTO "trial_user_attributes" VALUES(11,12,'note','{"\u00e9 \ud83d\ude80": 11}');
INSERT INTO "trial_user_attributes" VALUES(12,13,'note','{"\u00e9 \ud83d\ude80": 12}');
INSERT INTO "trial_user_attributes" VALUES(13,14,'note','{"\u00e9 \ud83d\ude80": 13}');
INSERT INTO "trial_user_attributes" VALUES(14,15,'note','{"\u00e9 \ud83d\ude80": 14}');
INSERT INTO "trial_user_attributes" VALUES(15,16,'note','{"\u00e9 \ud83d\ude80": 15}');
INSERT INTO "trial_user_attributes" VALUES(16,17,'note','{"\u00e9 \ud83d\ude80": 16}');
INSERT INTO "trial_user_attributes" VALUES(17,18,'note','{"\u00e9 \ud83d\ude80": 17}');
INSERT INTO "trial_user_attributes" VALUES(18,19,'note','{"\u00e9 \ud83d\ude80": 18}');
INSERT INTO "trial_user_attributes" VALUES(19,41,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(20,42,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(21,43,'who','"optuna"');
INSERT INTO "trial_user_attributes" VALUES(22,47,'who','"optuna"');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,2,0,0.25,'FINITE');
INSERT INTO "trial_values" VALUES(2,7,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(3,16,0,5.85891913000843173042e-03,'FINITE');
INSERT INTO "trial_values" VALUES(4,1,0,3.5,'FINITE');
INSERT INTO "trial_values" VALUES(5,6,0,1.01033019307630334004e+00,'FINITE');
INSERT INTO "trial_values" VALUES(6,10,0,1.00284022770675651514e+00,'FINITE');
INSERT INTO "trial_values" VALUES(7,11,0,3.11915494171761631392e+00,'FINITE');
INSERT INTO "trial_values" VALUES(8,12,0,8.68103739605347812791e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,13,0,4.00092299934214068457e+00,'FINITE');
INSERT INTO "trial_values" VALUES(10,14,0,4.01813208306879854347e+00,'FINITE');
INSERT INTO "trial_values" VALUES(11,15,0,4.00826488279727488617e+00,'FINITE');
INSERT INTO "trial_values" VALUES(12,17,0,6.70493028418456260553e-01,'FINITE');
INSERT INTO "trial_values" VALUES(13,22,0,5.82940601861524076987e-01,'FINITE');
INSERT INTO "trial_values" VALUES(14,23,0,2.89445933956832268663e-01,'FINITE');
INSERT INTO "trial_values" VALUES(15,24,0,4.33509505792947336111e-01,'FINITE');
INSERT INTO "trial_values" VALUES(16,25,0,0.82854920820867,'FINITE');
INSERT INTO "trial_values" VALUES(17,26,0,3.44668719614594332156e-01,'FINITE');
INSERT INTO "trial_values" VALUES(18,27,0,1.58071017426367421698e-01,'FINITE');
INSERT INTO "trial_values" VALUES(19,28,0,2.50980108580776684057e-01,'FINITE');
INSERT INTO "trial_values" VALUES(20,29,0,2.13330512706272612533e+00,'FINITE');
INSERT INTO "trial_values" VALUES(21,30,0,-1.0,'FINITE');
INSERT INTO "trial_values" VALUES(22,33,0,2.0,'FINITE');
INSERT INTO "trial_values" VALUES(23,36,0,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(24,37,0,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(25,38,0,3.45072945743321257694e-01,'FINITE');
INSERT INTO "trial_values" VALUES(26,38,1,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(27,39,0,2.34220766683910786021e-01,'FINITE');
INSERT INTO "trial_values" VALUES(28,39,1,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(29,41,0,2.21993171089739482759e-01,'FINITE');
INSERT INTO "trial_values" VALUES(30,42,0,0.5,'FINITE');
INSERT INTO "trial_values" VALUES(31,43,0,8.707323061773764028e-01,'FINITE');
INSERT INTO "trial_values" VALUES(32,45,0,1.19374850406180343931e-01,'FINITE');
INSERT INTO "trial_values" VALUES(33,46,0,9.41821812691268189787e-01,'FINITE');
INSERT INTO "trial_values" VALUES(34,47,0,9.18610907937921550292e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'PRUNED','2026-11-29 10:32:52.565822','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-29 10:32:52.490091','2026-11-29 10:32:52.490091');
INSERT INTO "trials" VALUES(3,2,1,'FAIL','2026-11-29 10:32:52.493787','2026-11-29 10:32:52.493787');
INSERT INTO "trials" VALUES(4,3,1,'FAIL','2026-11-29 10:32:52.649737','2026-11-29 10:32:52.651405');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-11-29 10:32:52.653801','2026-11-29 10:32:52.661808');
INSERT INTO "trials" VALUES(6,5,1,'PRUNED','2026-11-29 10:32:52.664630','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-29 10:32:52.704059','2026-11-29 10:32:52.729842');
INSERT INTO "trials" VALUES(8,7,1,'PRUNED','2026-11-29 10:32:52.813717','2026-11-29 10:32:52.841773');
INSERT INTO "trials" VALUES(9,8,1,'FAIL','2026-11-29 10:32:52.865719','2026-11-29 10:32:52.867724');
INSERT INTO "trials" VALUES(10,9,1,'PRUNED','2026-11-29 10:32:52.873849','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(11,10,1,'PRUNED','2026-11-29 10:32:52.956720','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(12,11,1,'PRUNED','2026-11-29 10:32:52.989730','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(13,12,1,'PRUNED','2026-11-29 10:32:53.069704','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(14,13,1,'PRUNED','2026-11-29 10:32:53.101741','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(15,14,1,'PRUNED','2026-11-29 10:32:53.129839','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(16,15,1,'COMPLETE','2026-11-29 10:32:53.161862','2026-11-29 10:32:53.513803');
INSERT INTO "trials" VALUES(17,16,1,'PRUNED','2026-11-29 10:32:53.245748','2026-11-29 10:32:53.529888');
INSERT INTO "trials" VALUES(18,17,1,'RUNNING','2026-11-29 10:32:53.879724',NULL);
INSERT INTO "trials" VALUES(19,18,1,'RUNNING','2026-11-29 10:32:53.969696',NULL);
INSERT INTO "trials" VALUES(20,19,1,'RUNNING','2026-11-29 10:32:54.021980',NULL);
INSERT INTO "trials" VALUES(21,20,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(22,0,2,'COMPLETE','2026-11-29 10:32:54.078413','2026-11-29 10:32:54.081022');
INSERT INTO "trials" VALUES(23,1,2,'PRUNED','2026-11-29 10:32:54.081918','2026-11-29 10:32:54.083239');
INSERT INTO "trials" VALUES(24,2,2,'PRUNED','2026-11-29 10:32:54.083856','2026-11-29 10:32:54.084907');
INSERT INTO "trials" VALUES(25,3,2,'COMPLETE','2026-11-29 10:32:54.085685','2026-11-29 10:32:54.087339');
INSERT INTO "trials" VALUES(26,4,2,'PRUNED','2026-11-29 10:32:54.087925','2026-11-29 10:32:54.089103');
INSERT INTO "trials" VALUES(27,5,2,'PRUNED','2026-11-29 10:32:54.089678','2026-11-29 10:32:54.090754');
INSERT INTO "trials" VALUES(28,6,2,'PRUNED','2026-11-29 10:32:54.091348','2026-11-29 10:32:54.092513');
INSERT INTO "trials" VALUES(29,7,2,'PRUNED','2026-11-29 10:32:54.093100','2026-11-29 10:32:54.094700');
INSERT INTO "trials" VALUES(30,0,3,'COMPLETE','2026-11-29 10:32:54.141782','2026-11-29 10:32:54.142598');
INSERT INTO "trials" VALUES(31,1,3,'FAIL','2026-11-29 10:32:54.143475','2026-11-29 10:32:54.144207');
INSERT INTO "trials" VALUES(32,2,3,'FAIL','2026-11-29 10:32:54.145069','2026-11-29 10:32:54.145752');
INSERT INTO "trials" VALUES(33,3,3,'COMPLETE','2026-11-29 10:32:54.146480','2026-11-29 10:32:54.147063');
INSERT INTO "trials" VALUES(34,4,3,'RUNNING','2026-11-29 10:32:54.169836',NULL);
INSERT INTO "trials" VALUES(35,5,3,'FAIL','2026-11-29 10:32:54.170332','2026-11-29 10:32:54.170678');
INSERT INTO "trials" VALUES(36,0,4,'COMPLETE','2026-11-29 10:32:54.229115','2026-11-29 10:32:54.230509');
INSERT INTO "trials" VALUES(37,1,4,'COMPLETE','2026-11-29 10:32:54.231967','2026-11-29 10:32:54.232503');
INSERT INTO "trials" VALUES(38,0,5,'COMPLETE','2026-11-29 10:32:54.286356','2026-11-29 10:32:54.287541');
INSERT INTO "trials" VALUES(39,1,5,'COMPLETE','2026-11-29 10:32:54.289040','2026-11-29 10:32:54.289775');
INSERT INTO "trials" VALUES(40,2,5,'RUNNING','2026-11-29 10:32:54.309433',NULL);
INSERT INTO "trials" VALUES(41,0,6,'COMPLETE','2026-11-29 10:32:54.557783','2026-11-29 10:32:54.583711');
INSERT INTO "trials" VALUES(42,1,6,'PRUNED','2026-11-29 10:32:54.592074','2026-11-29 10:32:54.601200');
INSERT INTO "trials" VALUES(43,2,6,'COMPLETE','2026-11-29 10:32:54.610815','2026-11-29 10:32:54.622160');
INSERT INTO "trials" VALUES(44,3,6,'RUNNING','2026-11-29 10:32:54.627120',NULL);
INSERT INTO "trials" VALUES(45,4,6,'COMPLETE','2026-11-29 10:32:54.668651','2026-11-29 10:32:54.669757');
INSERT INTO "trials" VALUES(46,5,6,'COMPLETE','2026-11-29 10:32:54.671024','2026-11-29 10:32:54.671674');
INSERT INTO "trials" VALUES(47,6,6,'COMPLETE','2026-11-29 10:32:54.679204','2026-11-29 10:32:54.689970');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE UNIQUE INDEX rtl_grid_cells_number ON rtl_grid_cells (study_id, number);
CREATE UNIQUE INDEX rtl_trials_held_cell ON rtl_trials (study_id, held_cell);
CREATE TRIGGER rtl_studies_deleted AFTER DELETE ON studies BEGIN DELETE FROM rtl_grid_cells WHERE study_id = OLD.study_id; DELETE FROM rtl_events WHERE study_id = OLD.study_id; DELETE FROM rtl_epochs WHERE study_id = OLD.study_id; DELETE FROM rtl_studies WHERE study_id = OLD.study_id; END;
CREATE TRIGGER rtl_trials_deleted AFTER DELETE ON trials BEGIN DELETE FROM rtl_rungs WHERE trial_id = OLD.trial_id; DELETE FROM rtl_checkpoints WHERE trial_id = OLD.trial_id; DELETE FROM rtl_slots WHERE trial_id = OLD.trial_id; DELETE FROM rtl_attempts WHERE trial_id = OLD.trial_id; DELETE FROM rtl_trials WHERE trial_id = OLD.trial_id; END;
COMMIT;
