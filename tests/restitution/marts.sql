-- The columns of the marts that the report reads, with the types dbt gives them.
-- test_real_marts.py compares this file with the marts really published.
create schema if not exists marts;

create table marts.parution (
    parution_id bigint, publiee_le timestamptz, arrete_le timestamptz, version_code text, recepisses integer,
    donnees_fictives boolean
);
create table marts.dim_trimestre (
    trimestre text primary key, libelle text, annee integer, numero integer, date_debut date, date_fin date,
    millesime text, campagne text, echeance date, rang integer, ouvert boolean
);
create table marts.dim_territoire (
    territoire_id text, nom text, departements text [], region_code text, region text, est_actuel boolean
);
create table marts.dim_public (public text primary key, libelle text, rang integer);
create table marts.suivi_retours (
    territoire_id text, trimestre text, etat text, echeance date, premier_recu_le timestamptz, recu_le timestamptz,
    jours_retard integer, nb_recepisses integer, nb_rejetes integer, constats_valeur integer,
    constats_suspicion integer, recepisse_id bigint, nom text, region text
);
create view marts.bilan_retours as
select
    trimestre, 'france' as niveau, 'FR' as code,
    (count(*) filter (where etat = 'accepte'))::integer as nb_acceptes,
    (count(*) filter (where etat = 'accepte' and jours_retard > 0))::integer as nb_hors_delai,
    (count(*) filter (where etat = 'rejete'))::integer as nb_rejetes,
    (count(*) filter (where etat in ('en_retard', 'attendu')))::integer as nb_non_recus,
    count(*)::integer as nb_attendus
from marts.suivi_retours group by trimestre;
create table marts.bilan_axes (
    trimestre text, niveau text, code text, libelle text, axe text, indicateur text, valeur_trimestre numeric,
    valeur_cumul numeric, nb_repondants integer, nb_attendus integer, nb_valeurs integer, arrete_le timestamptz
);
create table marts.bilan_beneficiaires (
    trimestre text, niveau text, code text, libelle text, public text, sexe text, indicateur text, flux bigint,
    cumul bigint, nb_repondants integer, nb_attendus integer, nb_reportes integer, nb_flux_pluri_trimestres integer,
    nb_cumuls_incomplets integer, arrete_le timestamptz
);
create table marts.bilan_gouvernance (
    trimestre text, niveau text, code text, libelle text, question text, modalite text, libelle_modalite text,
    nombre integer, denominateur integer, part numeric, moyenne numeric, nb_repondants integer, nb_attendus integer,
    arrete_le timestamptz
);
create table marts.fct_instances (
    territoire_id text, trimestre text, recepisse_id bigint, ligne integer, instance text, niveau text,
    adossee text, reunions bigint
);
create table marts.bilan_partenariats (
    campagne text, partenaire text, libelle text, nb_repondants integer, nb_attendus integer,
    nb_reponses_associe integer, nb_associes integer, part_associes numeric, nb_cofinanceurs integer, nb_notes integer, nb_satisfaits integer, part_satisfaits numeric,
    note_moyenne numeric, nb_communs integer, note_moyenne_communs_avant numeric, note_moyenne_communs numeric,
    evolution_note numeric, part_satisfaits_communs_avant numeric, part_satisfaits_communs numeric,
    arrete_le timestamptz
);
create table marts.bilan_partenariats_synthese (
    campagne text, nb_repondants integer, nb_attendus integer, partenaires_associes_moyenne numeric,
    partenaires_associes_max integer, arrete_le timestamptz
);
create table marts.bilan_pactes (
    indicateur text primary key, libelle text, valeur numeric, objectif numeric, part numeric, denominateur numeric,
    arrete_le timestamptz
);
create table marts.controle_chiffres_publies (
    indicateur text primary key, libelle text, publie_le date, publie_le_texte text, valeur_publiee numeric, unite text, "precision" numeric,
    compare_a text, connu_le date, valeur_calculee numeric, valeur_arrondie numeric, accord boolean,
    denominateur integer, definition text, source text
);
create table marts.fct_actions (
    recepisse_id bigint, ligne integer, territoire_id text, trimestre text, axe text, frein text, comptee boolean,
    occurrences bigint, participants bigint, cout_cite numeric
);
create table marts.fct_beneficiaires (
    territoire_id text, trimestre text, public text, indicateur text, sexe text, nature text, valeur bigint, flux bigint,
    flux_nb_trimestres integer, cumul bigint, cumul_nature text, cumul_complet boolean, recepisse_id bigint,
    ligne integer, colonne integer
);
create table marts.fct_gouvernance (
    territoire_id text, trimestre text, question text, valeur_code text, valeur_nombre numeric, recepisse_id bigint,
    ligne integer
);
create table marts.fct_partenariats (
    territoire_id text, campagne text, partenaire text, trimestre text, associe boolean, cofinanceur boolean,
    satisfaction smallint, recepisse_id bigint
);
create table marts.fct_pactes (
    pacte_id text, nom text, code_contrat text, date_labellisation date, cite_id text, recepisse_id bigint
);
create table marts.provenance (
    mart text, cle text, champ text, territoire_id text, trimestre text, recepisse_id bigint, nom_fichier text,
    feuille text, cellule text, texte_saisi text, etat text, regle text
);
